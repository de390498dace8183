// The call bar: clocks that run, and keys that work from anywhere: t, then the letter of a button.
(() => {
  "use strict";
  if (window.polydeskCallBar) return;
  window.polydeskCallBar = true;

  const shown = (seconds) => {
    const whole = Math.max(0, Math.round(seconds)), rest = String(whole % 60).padStart(2, "0");
    const minutes = Math.floor(whole / 60) % 60, hours = Math.floor(whole / 3600);
    return hours ? `${hours}:${String(minutes).padStart(2, "0")}:${rest}` : `${minutes}:${rest}`;
  };
  const tick = () => {
    const now = Date.now();
    for (const clock of document.querySelectorAll("[data-since]")) clock.textContent = shown((now - Date.parse(clock.dataset.since)) / 1000);
    for (const clock of document.querySelectorAll(".voice-clock[data-until]")) clock.textContent = shown((Date.parse(clock.dataset.until) - now) / 1000);
  };
  setInterval(tick, 1000);
  document.addEventListener("htmx:after:swap", tick);
  tick();

  let prefixed = 0;
  document.addEventListener("keydown", (event) => {
    if (event.target.matches("input:not([type=checkbox]), textarea, select, [contenteditable]")) return;
    if (event.ctrlKey || event.metaKey || event.altKey || document.querySelector("dialog[open]")) return;
    if (Date.now() - prefixed < 1500) {
      const button = document.querySelector(`#voice-bar [data-call-key="${CSS.escape(event.key)}"]`);
      prefixed = 0;
      if (!button) return;
      event.preventDefault();
      event.stopPropagation();
      button.click();
      if (button.matches("summary")) button.parentElement.querySelector("select, input")?.focus();
    } else if (event.key === "t" && document.querySelector("#voice-bar [data-call-key]")) {
      prefixed = Date.now();
      event.preventDefault();
      event.stopPropagation();
    }
  }, true);
})();
