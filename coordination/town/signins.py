"""The people one can sign in as, one for each role."""

from dataclasses import dataclass

from coordination.accounts.roles import ROLES

DOMAIN = "riverbend.example"
DEMO_PASSWORD = "riverbend-open-door"  # noqa: S105  (invented people; the demo says so on every page)


@dataclass(frozen=True)
class SignIn:
    role: str
    name: str
    credential: str = ""

    @property
    def email(self) -> str:
        return f"{self.name.split()[0].lower()}@{DOMAIN}"


SIGN_INS = [
    SignIn("coordinator", "Dana Whitfield", "RN"),
    SignIn("clinician", "Amara Singh", "MD"),
    SignIn("supervisor", "Lena Fischer", "MSW"),
    SignIn("program_manager", "Victor Chau"),
    SignIn("admin", "Robin Castle"),
    SignIn("privacy_officer", "Miriam Stein"),
    SignIn("front_desk", "Kofi Mensah"),
    SignIn("read_only", "Paula Grant"),
    SignIn("auditor", "Hugo Lindt"),
]


def demo_sign_ins() -> list[tuple[str, str, str]]:
    """Return role, e-mail and password, for the line `up` prints."""
    return [(str(ROLES[sign_in.role].label), sign_in.email, DEMO_PASSWORD) for sign_in in SIGN_INS]
