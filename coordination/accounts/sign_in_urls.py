"""The doors of the sign-in library that are open here, by the names it looks for. The others do not exist."""

from allauth.account import views as account
from allauth.mfa.base import views as mfa
from allauth.mfa.webauthn import views as webauthn
from allauth.socialaccount import views as provider
from allauth.socialaccount.providers.openid_connect import views as openid
from django.contrib.auth.decorators import login_not_required
from django.urls import path, re_path

from coordination.accounts.views import second_step

urlpatterns = [
    path("login/", account.login, name="account_login"),
    path("logout/", account.logout, name="account_logout"),
    path("inactive/", account.account_inactive, name="account_inactive"),
    path("reauthenticate/", account.reauthenticate, name="account_reauthenticate"),
    path("password/change/", account.password_change, name="account_change_password"),
    path("password/set/", account.password_set, name="account_set_password"),
    path("password/reset/", account.password_reset, name="account_reset_password"),
    path("password/reset/done/", account.password_reset_done, name="account_reset_password_done"),
    path(
        "password/reset/key/done/",
        account.password_reset_from_key_done,
        name="account_reset_password_from_key_done",
    ),
    re_path(
        r"^password/reset/key/(?P<uidb36>[0-9A-Za-z]+)-(?P<key>.+)/$",
        account.password_reset_from_key,
        name="account_reset_password_from_key",
    ),
    path("2fa/", second_step.Index.as_view(), name="mfa_index"),
    path("2fa/authenticate/", second_step.Authenticate.as_view(), name="mfa_authenticate"),
    path("2fa/reauthenticate/", mfa.reauthenticate, name="mfa_reauthenticate"),
    path("2fa/totp/activate/", second_step.ActivateApp.as_view(), name="mfa_activate_totp"),
    path("2fa/totp/deactivate/", second_step.DeactivateApp.as_view(), name="mfa_deactivate_totp"),
    path("2fa/recovery-codes/", second_step.ShowRecoveryCodes.as_view(), name="mfa_view_recovery_codes"),
    path(
        "2fa/recovery-codes/generate/",
        second_step.MakeRecoveryCodes.as_view(),
        name="mfa_generate_recovery_codes",
    ),
    path("2fa/webauthn/", webauthn.list_webauthn, name="mfa_list_webauthn"),
    path("2fa/webauthn/add/", second_step.AddPasskey.as_view(), name="mfa_add_webauthn"),
    path(
        "2fa/webauthn/reauthenticate/", second_step.PasskeyAgain.as_view(), name="mfa_reauthenticate_webauthn"
    ),
    path("2fa/webauthn/login/", webauthn.login_webauthn, name="mfa_login_webauthn"),
    path(
        "2fa/webauthn/keys/<int:pk>/remove/", second_step.RemovePasskey.as_view(), name="mfa_remove_webauthn"
    ),
    path("2fa/webauthn/keys/<int:pk>/edit/", webauthn.edit_webauthn, name="mfa_edit_webauthn"),
    path("oidc/<slug:provider_id>/login/", openid.login, name="openid_connect_login"),
    path("oidc/<slug:provider_id>/login/callback/", openid.callback, name="openid_connect_callback"),
    path("oidc/cancelled/", provider.login_cancelled, name="socialaccount_login_cancelled"),
    path("oidc/error/", login_not_required(provider.login_error), name="socialaccount_login_error"),
]
