"""The people around the patient: relatives, contacts, and who cares for them elsewhere."""

from typing import Any

from django.utils.translation import gettext as _

from coordination.interop.fhir.mapping.base import Context, Row, in_order, person_name
from coordination.interop.fhir.problems import LeftOut
from coordination.interop.fhir.values import Concept, Node, Ref, clip
from patients.models import CareTeamMember, RelatedPerson

Role, Authority = CareTeamMember.Role, RelatedPerson.Authority

# v3-RoleCode; a right to decide is what the source says and stays unverified until somebody here has seen the paper
AUTHORITIES = {
    "GUARD": Authority.GUARDIAN,
    "POWATT": Authority.POWER_OF_ATTORNEY,
    "HPOWATT": Authority.POWER_OF_ATTORNEY,
    "DPOWATT": Authority.POWER_OF_ATTORNEY,
    "SPOWATT": Authority.POWER_OF_ATTORNEY,
}
SPRINGING = {"SPOWATT"}
EMERGENCY = {"C", "ECON"}  # v2-0131 and v3-RoleClass
CAREGIVERS = {"133932002", "407542009", "407543004", "CAREGIVER"}
PATIENT_ROLE = "116154003"

# SNOMED CT and NUCC codes of who does what
ROLES = {
    "453231000124104": Role.PRIMARY_CARE,
    "446050000": Role.PRIMARY_CARE,
    "62247001": Role.PRIMARY_CARE,
    "17561000": Role.SPECIALIST,
    "69280009": Role.SPECIALIST,
    "106292003": Role.NURSE,
    "224535009": Role.NURSE,
    "224571005": Role.NURSE,
    "106328005": Role.SOCIAL_WORKER,
    "80584001": Role.BEHAVIORAL,
    "59944000": Role.BEHAVIORAL,
    "46255001": Role.PHARMACIST,
    "768820003": Role.COORDINATOR,
}
WORDS = {
    "primary care": Role.PRIMARY_CARE,
    "general practice": Role.PRIMARY_CARE,
    "family medicine": Role.PRIMARY_CARE,
    "nurse": Role.NURSE,
    "social worker": Role.SOCIAL_WORKER,
    "pharmac": Role.PHARMACIST,
    "psych": Role.BEHAVIORAL,
    "behavioral": Role.BEHAVIORAL,
    "community health worker": Role.COMMUNITY_WORKER,
    "coordinator": Role.COORDINATOR,
    "ologist": Role.SPECIALIST,
}


def read_related_person(node: Node, context: Context, key: str) -> list[Row]:
    name = person_name(node.nodes("name"))
    relationships = node.concepts("relationship")
    if not name:
        raise node.reject("name", _("does not say who it is"))
    period = node.node("period")
    start, end = (period.date("start"), period.date("end")) if period else (None, None)
    values = _person(node, context, name, relationships) | {
        "starts_on": context.day(start),
        "ends_on": context.day(end),
        "language": _language(node),
    }
    in_order(node, "period", values["starts_on"], values["ends_on"])
    return [Row(RelatedPerson, key, values)]


def read_contacts(node: Node, context: Context, key: str) -> list[Row]:
    """Contacts named inside the Patient; one that is only an organization is no person to call."""
    rows = []
    for number, contact in enumerate(node.nodes("contact")):
        named = contact.node("name")
        name = person_name([named]) if named else ""
        if not name:
            context.remark(contact.path, _("a contact without a name; left out"))
            continue
        values = _person(contact, context, name, contact.concepts("relationship"))
        rows.append(Row(RelatedPerson, f"{key}/contact/{number}", values))
    return rows


def _person(node: Node, context: Context, name: str, relationships: list[Concept]) -> dict[str, Any]:
    codes = [coding.code for concept in relationships for coding in concept.codings]
    words = ", ".join(dict.fromkeys(concept.words for concept in relationships if concept))
    authority = next((AUTHORITIES[code] for code in codes if code in AUTHORITIES), Authority.NONE)
    if authority != Authority.NONE:
        context.remark(
            f"{node.path}.relationship",
            _("names a right to decide for the patient; nobody here has verified it"),
        )
    telecoms = [(t.text("system"), t.text("value")) for t in node.nodes("telecom") if t.text("use") != "old"]
    return {
        "name": context.fit(node, "name", name, 200),
        "relationship": clip(words or _("Relationship not known"), 80),
        "phone": clip(
            next((value for system, value in telecoms if system in {"phone", "sms", ""} and value), ""), 60
        ),
        "email": clip(next((value for system, value in telecoms if system == "email"), ""), 254),
        "is_emergency_contact": bool(EMERGENCY & set(codes)) or "emergency" in words.lower(),
        "is_caregiver": bool(CAREGIVERS & set(codes)) or "caregiver" in words.lower(),
        "authority": authority.value,
        "is_springing": bool(SPRINGING & set(codes)),
    }


def _language(node: Node) -> str:
    spoken = node.nodes("communication")
    return clip(spoken[0].concept("language").code, 20) if spoken else ""


def read_care_team(node: Node, context: Context, key: str) -> list[Row]:
    """Each professional of the team is a member; the patient and relatives stand elsewhere in the record."""
    period = node.node("period")
    shared = (period.date("start"), period.date("end")) if period else (None, None)
    rows: dict[str, Row] = {}
    for part in node.nodes("participant"):
        row = _member(node, part, context, key, shared)
        if row:
            rows.setdefault(row.key, row)
    if not rows:
        raise LeftOut(_("names nobody outside the family"))
    return list(rows.values())


def _member(node: Node, part: Node, context: Context, key: str, shared: tuple[Any, Any]) -> Row | None:
    ref = part.ref("member")
    roles = [role for role in part.concepts("role") if role and not role.has("unknown")]
    if ref is None or any(role.has(PATIENT_ROLE) for role in roles):
        return None
    kind = _kind_of(ref, context)
    if kind in {"Patient", "RelatedPerson"}:
        return None
    name = context.name_of(ref, node)
    if not name:
        context.remark(f"{part.path}.member", _("a team member whose name did not come along; left out"))
        return None
    own = part.node("period")
    start, end = (own.date("start"), own.date("end")) if own else shared
    start, end = context.day(start), context.day(end)
    in_order(node, "period", start, end)
    values = {
        "name": clip(name, 200),
        "role": role_of(roles).value,
        "role_text": clip(", ".join(dict.fromkeys(role.words for role in roles)), 120),
        "works_at": clip(context.name_of(part.ref("onBehalfOf"), node), 200),
        "ends_on": end,
    }
    if start:
        return Row(CareTeamMember, f"{key}/{_short(ref, name)}", values | {"starts_on": start})
    # without a date: from today on, or for the one day it is known to have ended by
    since = min(end, context.today) if end else context.today
    return Row(CareTeamMember, f"{key}/{_short(ref, name)}", values, {"starts_on": since})


def role_of(roles: list[Concept]) -> CareTeamMember.Role:
    for role in roles:
        for coding in role.codings:
            if coding.code in ROLES:
                return ROLES[coding.code]
        said = role.words.lower()
        for word, meaning in WORDS.items():
            if word in said:
                return meaning
    return Role.OTHER


def _kind_of(ref: Ref, context: Context) -> str:
    found = context.follow(ref)
    return found.text("resourceType") if found else ref.reference.rpartition("/")[0].rpartition("/")[2]


def _short(ref: Ref, name: str) -> str:
    return clip((ref.reference or name).replace("urn:uuid:", ""), 70)


def general_practitioners(node: Node, context: Context, key: str) -> list[Row]:
    rows = []
    for ref in node.refs("generalPractitioner"):
        name = context.name_of(ref, node)
        if not name:
            context.remark(f"{node.path}.generalPractitioner", _("whose name did not come along; left out"))
            continue
        values = {"name": clip(name, 200), "role": Role.PRIMARY_CARE.value, "role_text": "", "ends_on": None}
        rows.append(
            Row(CareTeamMember, f"{key}/gp/{_short(ref, name)}", values, {"starts_on": context.today})
        )
    return rows
