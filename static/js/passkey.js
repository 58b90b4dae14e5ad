// Passkeys. A button [data-passkey] asks the browser for a credential and sends it with its form.
// "create" and "get" find their options beside them (data-options); "sign-in" fetches them from the form's address.
const bytes = (text) => Uint8Array.from(atob(text.replace(/-/g, "+").replace(/_/g, "/")), (c) => c.charCodeAt(0));
const text = (buffer) => btoa(String.fromCharCode(...new Uint8Array(buffer))).replace(/\+/g, "-").replace(/\//g, "_").replace(/=/g, "");

function options({ publicKey: key }) {
  const ids = (list) => list?.map((item) => ({ ...item, id: bytes(item.id) }));
  const user = key.user && { ...key.user, id: bytes(key.user.id) };
  return { ...key, challenge: bytes(key.challenge), user, allowCredentials: ids(key.allowCredentials), excludeCredentials: ids(key.excludeCredentials) };
}

function plain(credential) {
  const { response } = credential;
  const answer = { clientDataJSON: text(response.clientDataJSON) };
  if (response.attestationObject) {
    answer.attestationObject = text(response.attestationObject);
    answer.transports = response.getTransports?.() ?? [];
  } else {
    answer.authenticatorData = text(response.authenticatorData);
    answer.signature = text(response.signature);
    answer.userHandle = response.userHandle && text(response.userHandle);
  }
  return { type: credential.type, id: credential.id, rawId: text(credential.rawId), authenticatorAttachment: credential.authenticatorAttachment, response: answer, clientExtensionResults: credential.getClientExtensionResults() };
}

async function ask(button, form) {
  if (button.dataset.passkey === "create") {
    const publicKey = options(JSON.parse(button.dataset.options).creation_options);
    if (form.elements.passwordless?.checked) {
      Object.assign(publicKey.authenticatorSelection, { residentKey: "required", requireResidentKey: true, userVerification: "required" });
    }
    return navigator.credentials.create({ publicKey });
  }
  const given = button.dataset.options ? JSON.parse(button.dataset.options)
    : await (await fetch(form.action, { headers: { Accept: "application/json" } })).json();
  return navigator.credentials.get({ publicKey: options(given.request_options) });
}

for (const button of document.querySelectorAll("[data-passkey]")) {
  const { form } = button;
  const problem = document.getElementById(button.dataset.problem);
  if (!window.PublicKeyCredential) continue;
  button.hidden = false;
  button.addEventListener("click", async () => {
    problem.hidden = true;
    try {
      form.elements.credential.value = JSON.stringify(plain(await ask(button, form)));
      form.submit();
    } catch {
      problem.hidden = false;
    }
  });
}
