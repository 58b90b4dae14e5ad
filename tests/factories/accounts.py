import factory
from guardian.shortcuts import assign_perm

from coordination.accounts.models import SEE_PATIENTS, Organization, Team, User


class OrganizationFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = Organization

    name = factory.Sequence(lambda n: f"Organization {n}")
    time_zone = "America/Chicago"


class TeamFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = Team

    organization = factory.SubFactory(OrganizationFactory)
    name = factory.Sequence(lambda n: f"Team {n}")


class UserFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = User

    organization = factory.SubFactory(OrganizationFactory)
    name = factory.Sequence(lambda n: f"Person Number{n}")
    email = factory.LazyAttributeSequence(lambda user, n: f"{user.name.split()[0].lower()}{n}@example.org")
    roles = ["coordinator"]
    password = "!"


def grant_team(user: User, team: Team) -> None:
    assign_perm(SEE_PATIENTS, user, team)
