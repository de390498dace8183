// The outline from the keyboard, and small comforts: everything here also works without it.
"use strict";

(() => {
  const lines = () => [...document.querySelectorAll("[data-outline] [data-line]")];
  let wanted;

  function press(line, what) {
    const button = line.closest(".line-head")?.querySelector(`[data-do=${what}]`);
    if (!button) return;
    wanted = line.closest(".line")?.id;
    button.click();
    if (what === "add") line.closest(".line-head").querySelector(".line-do .menu-item")?.focus();
  }

  document.addEventListener("keydown", (event) => {
    const line = event.target.closest?.("[data-outline] [data-line]");
    if (!line || event.ctrlKey || event.metaKey) return;
    const by = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (by && event.altKey) press(line, by < 0 ? "up" : "down");
    else if (by) lines()[lines().indexOf(line) + by]?.focus();
    else if (event.key === "+") press(line, "add");
    else if (event.key === "Delete") press(line, "remove");
    else return;
    event.preventDefault();
  });

  // Digits of the keyboard are those of the telephone, wherever in the trial one is, except where something is typed.
  document.addEventListener("keydown", (event) => {
    const trial = event.target.closest?.("#trial");
    const pad = trial?.querySelector("[data-keypad]");
    if (!pad || event.ctrlKey || event.metaKey || event.altKey || event.target.matches("select")) return;
    const typing = event.target.matches("input:not([type=radio])");
    if (typing && event.key !== "#") return;
    const key = pad.querySelector(`[data-key="${CSS.escape(event.key)}"]`);
    if (!key) return;
    event.preventDefault();
    key.click();
  });

  document.addEventListener("click", (event) => {
    const key = event.target.closest?.("[data-collects] [data-key]");
    if (!key || key.dataset.key === "#") return;
    event.preventDefault();
    const typed = document.getElementById(key.closest("[data-collects]").dataset.collects);
    typed.value = (typed.value + key.dataset.key).slice(0, typed.maxLength);
    typed.dispatchEvent(new Event("input", { bubbles: true }));
  });

  document.addEventListener("input", (event) => {
    const shows = event.target.dataset?.shows;
    if (shows) document.getElementById(shows).textContent = `${event.target.value} %`;
  });

  document.addEventListener("change", (event) => {
    if (event.target.matches?.("[data-submit], [data-trial]")) event.target.form.requestSubmit();
  });

  const toTheLast = () => {
    const chat = document.querySelector(".chat");
    if (chat) chat.scrollTop = chat.scrollHeight;
  };
  document.addEventListener("DOMContentLoaded", toTheLast);

  document.addEventListener("htmx:after:swap", () => {
    const line = wanted && document.getElementById(wanted)?.querySelector("[data-line]");
    wanted = undefined;
    if (line) line.focus();
    toTheLast();
    document.querySelector("[data-outline] .line-form")?.scrollIntoView({ block: "nearest" });
  });
})();
