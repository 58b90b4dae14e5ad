"""What the people of the town live with: conditions with the medicines that go with them, and the rest of a history.

Codes are ICD-10-CM, RxNorm, CVX and LOINC; the words beside them are ours.
"""

from dataclasses import dataclass

ICD = "http://hl7.org/fhir/sid/icd-10-cm"
RXNORM = "http://www.nlm.nih.gov/research/umls/rxnorm"
CVX = "http://hl7.org/fhir/sid/cvx"
LOINC = "http://loinc.org"


@dataclass(frozen=True)
class Illness:
    code: str
    text: str
    weight: int
    from_age: int
    burden: int  # HOUSE: how much it raises the risk the town shows
    medicines: tuple[tuple[str, str, str], ...]  # RxNorm ingredient, name and strength, how to take it
    sensitivity: str = ""
    only: str = ""


ILLNESSES = [
    Illness(
        "I10",
        "Essential hypertension",
        30,
        35,
        1,
        (
            ("29046", "lisinopril 20 mg", "1 tablet once a day"),
            ("17767", "amlodipine 5 mg", "1 tablet once a day"),
        ),
    ),
    Illness(
        "E11.9",
        "Type 2 diabetes",
        20,
        35,
        2,
        (
            ("6809", "metformin 1,000 mg", "1 tablet twice a day with food"),
            ("274783", "insulin glargine 100 units/mL", "18 units at bedtime"),
        ),
    ),
    Illness(
        "I50.22",
        "Chronic systolic heart failure",
        8,
        50,
        4,
        (
            ("4603", "furosemide 40 mg", "1 tablet every morning"),
            ("20352", "carvedilol 12.5 mg", "1 tablet twice a day"),
        ),
    ),
    Illness(
        "J44.9",
        "Chronic obstructive pulmonary disease",
        9,
        45,
        3,
        (
            ("69120", "tiotropium 18 micrograms", "1 capsule inhaled once a day"),
            ("435", "albuterol 90 micrograms", "2 puffs when short of breath"),
        ),
    ),
    Illness(
        "N18.31",
        "Chronic kidney disease, stage 3a",
        8,
        50,
        2,
        (("29046", "lisinopril 10 mg", "1 tablet once a day"),),
    ),
    Illness(
        "I48.91", "Atrial fibrillation", 6, 55, 3, (("1364430", "apixaban 5 mg", "1 tablet twice a day"),)
    ),
    Illness(
        "E78.5", "High cholesterol", 22, 35, 0, (("83367", "atorvastatin 40 mg", "1 tablet at bedtime"),)
    ),
    Illness(
        "M17.9",
        "Osteoarthritis of the knee",
        12,
        50,
        0,
        (("161", "acetaminophen 500 mg", "2 tablets every 8 hours when needed"),),
    ),
    Illness(
        "J45.909", "Asthma", 8, 5, 1, (("435", "albuterol 90 micrograms", "2 puffs when short of breath"),)
    ),
    Illness(
        "F33.1",
        "Major depression, recurrent, moderate",
        11,
        18,
        2,
        (("36437", "sertraline 100 mg", "1 tablet once a day"),),
        "BH",
    ),
    Illness(
        "F41.1",
        "Generalized anxiety",
        8,
        18,
        1,
        (("321988", "escitalopram 10 mg", "1 tablet once a day"),),
        "BH",
    ),
    Illness(
        "F11.20",
        "Opioid use disorder, in treatment",
        3,
        20,
        3,
        (("6813", "methadone 80 mg", "once a day at the clinic"),),
        "42CFRPart2",
    ),
    Illness(
        "F10.20",
        "Alcohol use disorder",
        4,
        21,
        2,
        (("7243", "naltrexone 50 mg", "1 tablet once a day"),),
        "ETH",
    ),
    Illness(
        "B20",
        "HIV infection",
        1,
        20,
        2,
        (("1999667", "bictegravir, emtricitabine, tenofovir", "1 tablet once a day"),),
        "HIV",
    ),
    Illness("Z59.41", "Food insecurity", 8, 0, 1, ()),
    Illness("Z59.02", "Unsheltered homelessness", 2, 18, 4, ()),
    Illness("Z75.3", "No way to get to care", 6, 18, 1, ()),
    Illness("Z63.6", "Dependent relative needing care at home", 4, 30, 1, ()),
    Illness(
        "G30.9", "Alzheimer's disease", 4, 68, 3, (("135447", "donepezil 10 mg", "1 tablet at bedtime"),)
    ),
    Illness(
        "Z34.90",
        "Pregnancy, being followed",
        3,
        18,
        1,
        (("4511", "folic acid 1 mg", "1 tablet once a day"),),
        "SEX",
        "female",
    ),
    Illness(
        "C50.919",
        "Breast cancer",
        2,
        40,
        3,
        (("10324", "tamoxifen 20 mg", "1 tablet once a day"),),
        "",
        "female",
    ),
    Illness("I63.9", "Stroke, past", 4, 55, 3, (("1191", "aspirin 81 mg", "1 tablet once a day"),)),
]

ALLERGIES = [
    ("7980", "Penicillin", "medication", "Anaphylaxis", "high"),
    ("10831", "Sulfa drugs", "medication", "Rash", "low"),
    ("2670", "Codeine", "medication", "Nausea", "low"),
    ("1886", "Latex", "environment", "Hives", "unknown"),
    ("", "Peanut", "food", "Swelling of the face", "high"),
    ("", "Shellfish", "food", "Hives", "unknown"),
    ("1191", "Aspirin", "medication", "Wheezing", "high"),
    ("", "Iodine contrast", "medication", "Rash", "low"),
]
VACCINES = [
    ("140", "Influenza vaccine"),
    ("309", "COVID-19 vaccine"),
    ("133", "Pneumococcal conjugate vaccine"),
    ("187", "Zoster vaccine"),
    ("115", "Tdap vaccine"),
]
PROCEDURES = [
    "Colonoscopy",
    "Echocardiogram",
    "Cataract surgery",
    "Knee replacement, right",
    "Cardiac catheterization",
    "Cholecystectomy",
    "Mammogram",
]
FAMILY_HISTORY = [
    ("Mother", "Type 2 diabetes"),
    ("Father", "Heart attack"),
    ("Sister", "Breast cancer"),
    ("Brother", "Stroke"),
    ("Mother", "Depression"),
    ("Father", "Colon cancer"),
]
HOSPITALS = ["Mercy General Hospital", "Northside Medical Center", "Saint Brigid Hospital"]
CLINICS = [
    "Eastside Clinic",
    "Riverbend Family Medicine",
    "Mercy Heart Clinic",
    "Northside Lung Clinic",
    "Canal Street Behavioral Health",
]
CLINICIANS = [
    "Dr. A. Singh",
    "Dr. M. Osei",
    "Dr. L. Fontaine",
    "Dr. R. Castellanos",
    "Dr. H. Yamada",
    "N. Brooks, NP",
    "T. Okoro, PA",
]
STAY_REASONS = [
    "Heart failure",
    "Pneumonia",
    "COPD flare",
    "Fall with hip pain",
    "Diabetic foot infection",
    "Chest pain",
    "Stroke",
]
VISIT_REASONS = [
    "Blood pressure check",
    "Diabetes visit",
    "Medication review",
    "Follow-up",
    "New symptoms",
    "Annual wellness visit",
]
PAYERS = [
    ("medicare", "Medicare", "Part A and B"),
    ("medicare_advantage", "Lantern Health", "Medicare Advantage Plus"),
    ("medicaid", "Ohio Medicaid", "Managed care"),
    ("commercial", "Beacon Mutual", "PPO Silver"),
    ("commercial", "Great Miami Employers", "HMO"),
]
