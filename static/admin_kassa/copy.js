// Copies the payment link. Without this script the link is a field whose text can be selected.

const MESSAGE_MS = 4000;

async function copy(button) {
  const field = document.getElementById(button.dataset.copy);
  const status = button.parentElement.querySelector("[data-copy-status]");
  field.select();
  try {
    await navigator.clipboard.writeText(field.value);
    status.textContent = "Copied";
  } catch {
    // Plain http, or refused by the person: the text is selected, so the keyboard can copy it.
    status.textContent = "Selected: press Ctrl+C to copy";
  }
  setTimeout(() => { status.textContent = ""; }, MESSAGE_MS);
}

for (const button of document.querySelectorAll("[data-copy]")) {
  button.hidden = false;
  button.addEventListener("click", () => copy(button));
}
