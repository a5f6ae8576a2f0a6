// SPDX-License-Identifier: GPL-3.0-or-later
// The dialog that asks for a token, when the backend wants one.

import { events, hasToken, setToken } from "./backend.js";
import { byId } from "./parts.js";

/** `retry` is called with each new token. */
export function watchToken(retry) {
  const dialog = byId("token-dialog");
  const input = byId("token-input");
  const button = byId("token-button");
  let later = false; // "Not now" or Escape: no question by itself any more

  function ask(sentence) {
    byId("token-sentence").textContent = sentence;
    button.hidden = false;
    if (dialog.open) return;
    input.value = "";
    dialog.showModal();
    input.focus();
  }

  events.addEventListener("tokenwanted", (event) => {
    button.hidden = false;
    if (!later) ask(event.detail);
  });
  button.addEventListener("click", () => ask("Paste another token to use it in the place of this one."));
  button.hidden = !hasToken();
  byId("token-later").addEventListener("click", () => {
    later = true;
    dialog.close();
  });
  dialog.addEventListener("cancel", () => (later = true)); // Escape
  byId("token-form").addEventListener("submit", (event) => {
    event.preventDefault();
    if (!input.value.trim()) {
      byId("token-sentence").textContent = "Paste the token first: mien serve --add-client NAME shows one.";
      input.focus();
      return;
    }
    setToken(input.value);
    dialog.close();
    later = false;
    retry();
  });
}
