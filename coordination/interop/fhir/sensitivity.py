"""Which lines are sensitive: what the source says, and what the codes themselves give away.

HOUSE: the tables below are this house's own reading of domain facts 9.2 and are meant to err on the closed side. They are
short on purpose: each entry is one a privacy officer can read and change. Tobacco (F17) and caffeine are no substance use
disorders under 42 CFR 2.11 and stay open. Where several labels fit, the most closed one stands.
"""

import re
from collections.abc import Callable, Sequence

from django.utils.translation import gettext as _

from coordination.interop.fhir.values import Coding, Concept, Node

# most closed first
RANK = ["42CFRPart2", "ETH", "GDIS", "SDV", "HIV", "STD", "SEX", "PSY", "BH"]

# HL7 v3 ActCode and its older or wider words -> the labels kept here
SECURITY = {
    **{label: label for label in RANK},
    "SUD": "ETH",
    "ETHUD": "ETH",
    "OPIOIDUD": "ETH",
    "MH": "BH",
    "PSYTHPN": "PSY",
    "HIVAIDS": "HIV",
    "DVD": "SDV",
    "SEXTRAUMA": "SDV",
}
RESTRICTED = {"R", "V"}  # confidentiality without a category: nobody knows why, so the most closed label

ICD = "icd-10"
SNOMED = "http://snomed.info/sct"
LOINC = "http://loinc.org"

# prefixes of ICD-10-CM codes, the longest that fits decides; an empty label opens an exception
ICD_10 = {
    **{f"F1{n}": "ETH" for n in range(10) if n != 7},
    "F17": "",
    "K70": "ETH",
    "G62.1": "ETH",
    "I42.6": "ETH",
    "O99.31": "ETH",
    "O99.32": "ETH",
    "T40": "ETH",
    "Z71.41": "ETH",
    "Z71.51": "ETH",
    **{f"F{n}": "PSY" for n in range(20, 70)},
    **{f"F{n}": "BH" for n in range(90, 100)},
    "F52": "SEX",
    "F64": "SEX",
    "R45.85": "PSY",
    "T14.91": "PSY",
    "Z91.5": "PSY",
    **{f"B2{n}": "HIV" for n in range(5)},
    "Z21": "HIV",
    "R75": "HIV",
    "O98.7": "HIV",
    "Z20.6": "HIV",
    **{f"A{n}": "STD" for n in range(50, 65)},
    "Z20.2": "STD",
    "O04": "SEX",
    "O07": "SEX",
    "Z33.2": "SEX",
    "Z30": "SEX",
    "Z64.0": "SEX",
    "T74": "SDV",
    "T76": "SDV",
    "Y07": "SDV",
    "Z69": "SDV",
    "Z62.81": "SDV",
    "Z91.41": "SDV",
    "Z13.7": "GDIS",
    "Z14": "GDIS",
    "Z15": "GDIS",
    "Z84.81": "GDIS",
}


def _codes(label: str, codes: str) -> dict[str, str]:
    return dict.fromkeys(codes.split(), label)


SNOMED_CT = {
    **_codes(
        "ETH",
        "7200002 66590003 15167005 191816009 26416006 6525002 75544000 5602001 55680006 361055000 24165007",
    ),
    **_codes(
        "PSY",
        "370143000 36923009 35489007 48694002 197480006 21897009 47505003 58214004 13746004 231504006 371631005",
    ),
    **_codes("PSY", "6471006 82313006 225337009 310495003 83458005 191736004 87512008 66344007"),
    **_codes("BH", "406506008 192127007 171207006 715252007 428171000124102 454711000124102 762993000"),
    **_codes("HIV", "86406008 62479008 165816005 91947003 171121004"),
    **_codes("STD", "15628003 240589008 76272004 105629000 8098009 266113007"),
    **_codes("SDV", "706893006 866148006"),
    **_codes(
        "SEX", "169553002 65200003 46706006 267020005 287664005 19169002 85116003 35999006 68254000 386394001"
    ),
}
LOINC_CODES = {
    **_codes("ETH", "75626-2 72109-2 72110-0 82667-7 82666-9 68517-2 3426-4 5643-2"),
    **_codes("BH", "44249-1 44261-6 55758-7 55757-9 70274-6 69737-5 44255-8 44250-9 73831-0 89204-2"),
    **_codes("PSY", "44260-8 93373-9"),
    **_codes("HIV", "75622-1 7918-6 29893-5 20447-9 68961-2 56888-1 80203-3 24467-3"),
    **_codes("SDV", "76499-3 76500-8 76501-6 95618-5"),
    **_codes("GDIS", "51969-4 53037-8"),
}

# ingredients, found as words of a medication's name (RxNorm names begin with them)
INGREDIENTS = {
    **_codes("ETH", "buprenorphine methadone naltrexone disulfiram acamprosate lofexidine"),
    **_codes(
        "HIV",
        "abacavir atazanavir bictegravir cabotegravir cobicistat darunavir dolutegravir efavirenz emtricitabine",
    ),
    **_codes("HIV", "lamivudine nevirapine raltegravir rilpivirine ritonavir tenofovir zidovudine"),
    **_codes(
        "SEX",
        "levonorgestrel etonogestrel norethindrone norelgestromin drospirenone medroxyprogesterone mifepristone ulipristal",
    ),
    **_codes(
        "PSY",
        "aripiprazole clozapine haloperidol lithium lurasidone olanzapine paliperidone quetiapine risperidone ziprasidone",
    ),
}
_WORD = re.compile(r"[a-z]+")


def label_of(
    node: Node, remark: Callable[[str, str], None], concept: Concept, also: Sequence[Coding] = ()
) -> str:
    """The one label of a resource, empty when nothing speaks for one."""
    found = {_by_code(coding) for coding in (*concept.codings, *also)}
    found |= _by_security(node, remark)
    return next((label for label in RANK if label in found), "")


def label_of_medication(concept: Concept, label: str) -> str:
    """The label of a medication by what it is, unless a more closed one stands already."""
    words = {
        word
        for text in (concept.text, *(c.display for c in concept.codings))
        for word in _WORD.findall(text.lower())
    }
    found = {INGREDIENTS[word] for word in words if word in INGREDIENTS} | {label}
    return next((label for label in RANK if label in found), "")


def _by_security(node: Node, remark: Callable[[str, str], None]) -> set[str]:
    meta = node.node("meta")
    codes = [coding.text("code") for coding in (meta.nodes("security") if meta else [])]
    found = {SECURITY[code] for code in codes if code in SECURITY}
    if not found and RESTRICTED & set(codes):
        remark(
            f"{node.path}.meta.security", _("restricted without saying why; kept under the most closed label")
        )
        found = {RANK[0]}
    return found


def _by_code(coding: Coding) -> str:
    if coding.system == SNOMED:
        return SNOMED_CT.get(coding.code, "")
    if coding.system == LOINC:
        return LOINC_CODES.get(coding.code, "")
    if ICD in coding.system.lower():
        code = coding.code.upper()
        return next((ICD_10[code[:n]] for n in range(len(code), 2, -1) if code[:n] in ICD_10), "")
    return ""
