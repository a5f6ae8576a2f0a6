// SPDX-License-Identifier: GPL-3.0-or-later
// Tabs as the ARIA Authoring Practices describe them: one of them takes the focus, arrows move it.

import { byId } from "./parts.js";

/** `select(name)` of the result shows a panel; `onSelect(name)` is called after each. */
export function makeTabs(onSelect) {
  const tabs = [...document.querySelectorAll('[role="tab"]')];
  const nameOf = (tab) => tab.id.replace("tab-", "");

  function select(name) {
    for (const tab of tabs) {
      const chosen = nameOf(tab) === name;
      tab.setAttribute("aria-selected", String(chosen));
      tab.tabIndex = chosen ? 0 : -1;
      byId(tab.getAttribute("aria-controls")).hidden = !chosen;
    }
    onSelect(name);
  }

  tabs.forEach((tab, i) => {
    tab.addEventListener("click", () => select(nameOf(tab)));
    tab.addEventListener("keydown", (event) => {
      const next = { ArrowRight: i + 1, ArrowLeft: i - 1, Home: 0, End: tabs.length - 1 }[event.key];
      if (next === undefined) return;
      event.preventDefault();
      const other = tabs[(next + tabs.length) % tabs.length];
      other.focus();
      select(nameOf(other));
    });
  });
  return { select, selected: () => nameOf(tabs.find((tab) => tab.getAttribute("aria-selected") === "true")) };
}
