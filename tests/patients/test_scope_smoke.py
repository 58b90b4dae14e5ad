from patients.models import Patient


def test_the_cast_sees_whom_it_should(cast):
    sees = {
        name
        for name in ["ana", "sue", "max", "vic", "flo", "petra", "pam"]
        if Patient.objects.visible_to(getattr(cast, name)).exists()
    }
    assert sees == {"ana", "sue", "max", "vic", "flo", "petra", "pam"}
    assert not any(
        Patient.objects.visible_to(getattr(cast, name)).exists() for name in ["sam", "adam", "aud", "olga"]
    )
