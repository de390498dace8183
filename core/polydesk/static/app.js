// Polydesk's own script: keyboard, live updates, drafts, dialogs. Every screen works without it, only less quickly.
"use strict";

const $ = (selector, root = document) => root.querySelector(selector);
const $$ = (selector, root = document) => [...root.querySelectorAll(selector)];
const words = () => $("#words")?.dataset ?? {};
const csrf = () => document.body.dataset.csrf;

// --- Saying things -----------------------------------------------------------------------------------------------

let toastTimer;
function say(text, stay = false) {
  const toast = $("#toast");
  if (!toast || !text) return;
  $("span", toast).textContent = text;
  toast.hidden = false;
  clearTimeout(toastTimer);
  if (!stay) toastTimer = setTimeout(() => { toast.hidden = true; }, 5000);
}
document.addEventListener("polydesk:said", (event) => say(event.detail.words));

// --- Strangers' HTML: the declarations the sanitiser let through, applied where the policy allows it -------------------

function dress(root) {
  for (const element of $$("[data-style]", root)) {
    element.style.cssText = element.dataset.style;
    element.removeAttribute("data-style");
  }
}

// --- Fetching fragments ---------------------------------------------------------------------------------------------

async function fragment(url, target) {
  const answer = await fetch(url, {
    headers: { "HX-Request": "true", "HX-Request-Type": "partial", "HX-Target": `x#${target}`, Accept: "text/html" },
  });
  if (answer.status === 401 || answer.redirected && new URL(answer.url).pathname === "/sign-in") location.reload();
  if (!answer.ok) return null;
  const holder = document.createElement("template");
  holder.innerHTML = await answer.text();
  return holder.content.getElementById(target);
}

function morph(current, fresh) {
  htmx.swap({ target: current, swap: "outerMorph", text: fresh.outerHTML, sourceElement: current });
}

// --- Live updates: a signal says that something changed; what, is fetched anew --------------------------------------

const due = new Map();
function refresh(id, delay) {
  if (due.has(id)) return;
  due.set(id, setTimeout(async () => {
    due.delete(id);
    const element = document.getElementById(id);
    if (!element) return;
    const fresh = await fragment(element.dataset.liveUrl, id).catch(() => null);
    const current = document.getElementById(id);
    if (!fresh || !current || current.dataset.liveUrl !== fresh.dataset.liveUrl) return;
    if (id === "list") return updateList(current, fresh);
    // A morph while somebody chooses from a menu of ours would take it away under their hand.
    if (current.contains(document.activeElement) && document.activeElement.matches("select, input:not([type=hidden])")) return refresh(id, 3000);
    morph(current, fresh);
    afterSwap();
  }, delay));
}

function signalled(topic, data) {
  const all = topic === "resync";
  for (const element of $$("[data-live]")) {
    const topics = element.dataset.live.split(" ");
    if (!all && !topics.includes(topic)) continue;
    if (topic === "conversation" && element.dataset.id && Number(element.dataset.id) !== data.id) continue;
    const delay = element.id === "conversation" ? 60 : 250 + Math.random() * 500;
    refresh(element.id, delay);
  }
}

let stream, lost = false;
function listen() {
  const address = document.body.dataset.events;
  if (!address || stream || document.hidden) return;
  stream = new EventSource(address);
  stream.addEventListener("hello", () => {
    if (lost) { say(words().online); signalled("resync", {}); }
    lost = false;
    document.documentElement.dataset.live = "on";
  });
  stream.onerror = () => {
    if (!lost) say(words().offline, true);
    lost = true;
    if (stream.readyState === EventSource.CLOSED) { stream = null; setTimeout(listen, 5000); }
  };
  stream.addEventListener("typing", (event) => isTyping(JSON.parse(event.data).id));
  heard = new Set();
  hear();
}
// Each part of the page names the topics it follows; plugins bring topics of their own.
let heard = new Set();
function hear() {
  if (!stream) return;
  for (const topic of ["resync", ...$$("[data-live]").flatMap((element) => element.dataset.live.split(" "))]) {
    if (heard.has(topic)) continue;
    heard.add(topic);
    stream.addEventListener(topic, (event) => signalled(topic, event.data ? JSON.parse(event.data) : {}));
  }
}
// Browsers allow six connections to a host: a desk open in seven tabs must not stand still.
document.addEventListener("visibilitychange", () => {
  if (document.hidden) { stream?.close(); stream = null; }
  else if (!stream) { listen(); signalled("resync", {}); }
});

// --- The other side types ---------------------------------------------------------------------------------------------

let typingTimer;
function isTyping(conversation) {
  const line = $("#typing");
  if (!line || Number(line.dataset.conversation) !== conversation) return;
  line.hidden = false;
  clearTimeout(typingTimer);
  typingTimer = setTimeout(() => { const shown = $("#typing"); if (shown) shown.hidden = true; }, 6000);
}

// --- How long a contact may still be answered -------------------------------------------------------------------------

function windows() {
  for (const chip of $$(".window[data-until]")) {
    const left = new Date(chip.dataset.until) - Date.now();
    if (chip.classList.contains("bad") || chip.classList.contains("warn") || !chip.dataset.until) continue;
    if (left <= 0) { signalled("resync", {}); chip.classList.add("bad"); $("span", chip).textContent = chip.dataset.closed; continue; }
    const minutes = Math.floor(left / 60000), hours = Math.floor(minutes / 60);
    const format = (value, unit) => new Intl.NumberFormat(document.documentElement.lang, { style: "unit", unit, unitDisplay: "short" }).format(value);
    const shown = hours ? `${format(hours, "hour")} ${format(minutes % 60, "minute")}` : format(Math.max(1, minutes), "minute");
    $("span", chip).textContent = chip.dataset.open.replace("{1}", shown);
    chip.classList.toggle("soon", minutes < 60);
  }
}
setInterval(windows, 20000);

// --- The list: it changes in place, and never jumps under the reader -------------------------------------------------

let waiting;
function updateList(current, fresh) {
  const order = (root) => $$(".case", root).map((row) => row.dataset.id);
  const before = order(current), after = order(fresh);
  const filter = $("[data-filter]", current);
  const busy = $(".list", current).scrollTop > 40 || current.matches(":hover") || current.contains(document.activeElement) || filter?.value;
  const loadedMore = before.length > after.length + 1;
  const moved = after.some((id, index) => before[index] !== id) || (!loadedMore && before.length !== after.length);
  for (const row of $$(".rows > li[id]", fresh)) {
    const known = document.getElementById(row.id);
    if (known && !known.isEqualNode(row)) { morph(known, row); }
  }
  if (!moved) { markCurrent(); return; }
  if (before.length && (busy || loadedMore)) {
    waiting = fresh;
    $(".fresh", current).hidden = false;
  } else {
    applyList(fresh);
  }
}
function applyList(fresh) {
  const current = $("#list"), top = $(".list", current).scrollTop;
  $(".list", current).replaceWith($(".list", fresh));
  htmx.process(current);
  $(".list", current).scrollTop = top;
  $(".fresh", current).hidden = true;
  waiting = undefined;
  filterList();
  markCurrent();
}
function filterList() {
  const box = $("[data-filter]"), text = box?.value.trim().toLocaleLowerCase() ?? "";
  for (const row of $$("#list .rows > li[id^=case-]")) row.hidden = text !== "" && !row.textContent.toLocaleLowerCase().includes(text);
}
function markCurrent() {
  const open = $("#conversation")?.dataset.id;
  for (const row of $$("#list .case")) {
    if (row.dataset.id === open) row.setAttribute("aria-current", "true"); else row.removeAttribute("aria-current");
  }
}

// --- The composer: what is typed survives anything --------------------------------------------------------------------

let draftTimer;
function draftKey(box) { return `polydesk-draft:${box.dataset.draft}`; }
function composing(box) {
  const form = $("form", box), text = $("#composer-text", box);
  const kind = $("input[name=kind]:checked", form)?.value ?? "note";
  box.dataset.kind = kind;
  text.placeholder = text.dataset[kind] ?? "";
  const limit = Number(text.dataset.limit || 0), count = $("[data-count]", box);
  if (count) count.textContent = text.dataset.counter === "gsm" ? parts(text.value) : limit && text.value.length > limit * 0.8 ? `${text.value.length} / ${limit}` : "";
  return { form, text, kind };
}
// 3GPP TS 23.038: the letters a short message counts as one, and those it counts as two; any other makes it UCS-2.
const GSM = new Set("@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà");
const GSM_TWICE = new Set("^{}\\[~]|€\f");
function parts(text) {
  if (!text) return "";
  let size = 0, plain = true;
  for (const letter of text) {
    if (GSM_TWICE.has(letter)) size += 2; else if (GSM.has(letter)) size += 1; else { plain = false; break; }
  }
  if (!plain) size = text.length;
  const [one, many] = plain ? [160, 153] : [70, 67];
  const count = size <= one ? 1 : Math.ceil(size / many);
  return words().parts.replace("{1}", String(size)).replace("{2}", String(count));
}
let told = 0;
function tellTyping(box, kind) {
  if (!box.dataset.typing || kind !== "reply" || Date.now() - told < 4000) return;
  told = Date.now();
  fetch(box.dataset.typing, { method: "POST", headers: { "x-csrftoken": csrf() } }).catch(() => {});
}
function keepDraft(box) {
  const { text, kind } = composing(box);
  try { localStorage.setItem(draftKey(box), JSON.stringify({ text: text.value, kind })); } catch { /* storage is full or forbidden; the server has it in a moment */ }
  $("[data-saved]", box).textContent = "";
  if (text.value) tellTyping(box, kind);
  clearTimeout(draftTimer);
  draftTimer = setTimeout(() => saveDraft(box), 600);
}
async function saveDraft(box) {
  draftTimer = undefined;
  if (!box.isConnected) return;
  const { text, kind } = composing(box), status = $("[data-saved]", box), sent = text.value;
  const body = new URLSearchParams({ kind, text: sent });
  try {
    const answer = await fetch(box.dataset.draft, { method: "POST", headers: { "x-csrftoken": csrf() }, body, keepalive: sent.length < 30000 });
    if (!answer.ok) throw new Error(String(answer.status));
    if (text.value !== sent) return;
    localStorage.removeItem(draftKey(box));
    status.textContent = sent.trim() ? words().saved : "";
  } catch {
    if (status.textContent !== words().unsaved) say(words().unsaved);
    status.textContent = words().unsaved;
  }
}
function restoreDraft(box) {
  if (box.dataset.ready) return;
  box.dataset.ready = "yes";
  try {
    const kept = JSON.parse(localStorage.getItem(draftKey(box)) || "null");
    const text = $("#composer-text", box);
    // What is kept here never reached the desk, so it is newer than what the desk has.
    if (kept?.text) {
      text.value = kept.text;
      const tab = $(`input[name=kind][value=${kept.kind === "note" ? "note" : "reply"}]`, box);
      if (tab) tab.checked = true;
    }
  } catch { /* nothing was kept */ }
  composing(box);
}
async function attach(input) {
  const box = input.closest(".composer"), body = new FormData();
  for (const file of input.files) body.append("files", file);
  const answer = await fetch(box.dataset.draft.replace(/draft$/, "files"), {
    method: "POST", body, headers: { "x-csrftoken": csrf(), "HX-Request": "true", "HX-Request-Type": "partial", "HX-Target": "div#draft-files", Accept: "text/html" },
  });
  input.value = "";
  const html = await answer.text();
  if (answer.ok) $("#draft-files").outerHTML = html; else $("#problem").innerHTML = html;
}

document.addEventListener("input", (event) => {
  if (event.target.matches("[data-filter]")) filterList();
  const box = event.target.closest(".composer[data-draft]");
  if (box && event.target.matches("#composer-text")) keepDraft(box);
});
document.addEventListener("change", (event) => {
  const box = event.target.closest(".composer[data-draft]");
  if (!box) return;
  if (event.target.matches("[name=kind]")) { keepDraft(box); $("#composer-text", box).focus(); }
  if (event.target.matches("[data-attach]") && event.target.files.length) attach(event.target);
});
document.addEventListener("submit", (event) => {
  const box = event.target.closest(".composer[data-draft]");
  if (!box) return;
  clearTimeout(draftTimer);
  draftTimer = undefined;
  try { localStorage.removeItem(draftKey(box)); } catch { /* as above */ }
}, true);
addEventListener("beforeunload", () => { const box = $(".composer[data-draft]"); if (box && draftTimer) saveDraft(box); });

// --- Clicks ------------------------------------------------------------------------------------------------------------

const actions = {
  menu(button) {
    const open = $("#desk").classList.toggle("menu-open");
    button.setAttribute("aria-expanded", String(open));
    if (open) $("#rail a")?.focus();
  },
  keys() { $("#keys")?.showModal(); },
  dismiss() { $("#toast").hidden = true; },
  "clear-problem"() { $("#problem").replaceChildren(); },
  fresh() { if (waiting) applyList(waiting); $("#list .list").scrollTop = 0; },
  filter(button) {
    const box = $("#list-filter"), open = box.hidden;
    box.hidden = !open;
    button.setAttribute("aria-expanded", String(open));
    if (open) $("input", box).focus(); else { $("input", box).value = ""; filterList(); }
  },
  panel(button) { button.setAttribute("aria-expanded", String(button.getAttribute("aria-expanded") !== "true")); },
  copy(button) {
    const input = document.getElementById(button.dataset.copy);
    input.select();
    navigator.clipboard?.writeText(input.value).then(() => say(button.dataset.said));
  },
  suggest(button) {
    const box = $("#composer"), text = $("#composer-text", box);
    text.value = text.value ? `${text.value}\n\n${button.dataset.text}` : button.dataset.text;
    keepDraft(box);
    text.focus();
  },
};
document.addEventListener("click", (event) => {
  const asked = event.target.closest("[data-confirm]");
  if (asked && !confirm(asked.dataset.confirm)) { event.preventDefault(); event.stopPropagation(); return; }
  const button = event.target.closest("[data-action]");
  if (button) actions[button.dataset.action]?.(button);
  for (const menu of $$("details.menu[open]")) if (!menu.contains(event.target)) menu.open = false;
  const desk = $("#desk.menu-open");
  if (desk && !event.target.closest("#rail, .topbar")) { desk.classList.remove("menu-open"); $("[data-action=menu]")?.setAttribute("aria-expanded", "false"); }
}, true);

// A setting that is typed is meant to be set here.
document.addEventListener("input", (event) => {
  const own = event.target.id && $(`[data-own="${CSS.escape(event.target.id)}"]`);
  if (own) own.checked = true;
});

// --- Keyboard ----------------------------------------------------------------------------------------------------------

let goes = 0;
const places = { m: "/inbox?view=mine", u: "/inbox?view=unassigned", i: "/inbox?view=all", w: "/inbox?view=waiting", c: "/contacts", p: "/people", s: "/admin" };

function step(by) {
  const rows = $$("#list .rows > li:not([hidden]) .case");
  if (!rows.length) return;
  const at = rows.findIndex((row) => row === document.activeElement);
  const open = rows.findIndex((row) => row.hasAttribute("aria-current"));
  const from = at >= 0 ? at : open >= 0 ? open : by > 0 ? -1 : rows.length;
  const row = rows[Math.max(0, Math.min(rows.length - 1, from + by))];
  row.focus();
  row.scrollIntoView({ block: "nearest" });
}
function write(kind) {
  const box = $(".composer[data-draft]"), tab = box && $(`input[name=kind][value=${kind}]`, box);
  if (!tab) return false;
  tab.checked = true;
  composing(box);
  $("#composer-text", box).focus();
  return true;
}
const keys = {
  j: () => step(1),
  k: () => step(-1),
  o: () => document.activeElement.matches(".case") && document.activeElement.click(),
  r: () => write("reply"),
  n: () => write("note"),
  a: () => $("#conversation [data-key=a]")?.click(),
  e: () => $("#conversation [data-key=e]")?.click(),
  s: () => { const menu = $("#conversation [data-key-menu=s]"); if (menu) { menu.open = true; $(".menu-item", menu)?.focus(); } },
  "/": () => { const box = $("#list-filter"); if (box?.hidden) $("[data-action=filter]").click(); else (box ? $("input", box) : $("input[type=search]"))?.focus(); },
  "?": () => actions.keys(),
};
document.addEventListener("keydown", (event) => {
  const field = event.target.matches("input:not([type=radio]):not([type=checkbox]), textarea, select, [contenteditable]");
  if (event.key === "Escape") return escape(event);
  const box = event.target.closest?.(".composer[data-draft]");
  if (box && event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
    event.preventDefault();
    const { form, kind } = composing(box);
    const wanted = kind === "note" ? "note" : event.shiftKey ? "solve" : "";
    form.requestSubmit($(`button[name=then][value="${wanted}"]`, form));
    return;
  }
  if (field || event.ctrlKey || event.metaKey || event.altKey || $("dialog[open]")) return;
  if (Date.now() - goes < 1200 && places[event.key]) { goes = 0; event.preventDefault(); location.href = places[event.key]; return; }
  if (event.key === "g") { goes = Date.now(); return; }
  if (keys[event.key]) { event.preventDefault(); keys[event.key](); }
});
function escape(event) {
  const menu = $("details.menu[open]");
  if (menu) { menu.open = false; $("summary", menu).focus(); return; }
  if ($("dialog[open]")) return;
  if ($("#desk.menu-open")) { $("[data-action=menu]").click(); return; }
  const panel = $(".panel-toggle[aria-expanded=true]");
  if (panel) { panel.click(); panel.focus(); return; }
  if (event.target.matches("input, textarea, select")) {
    event.target.blur();
    if (event.target.matches("[data-filter]")) actions.filter($("[data-action=filter]"));
    $("#conversation-title")?.focus();
    return;
  }
  const row = $("#list .case[aria-current]") ?? $("#list .case");
  const back = $(".conversation .back");
  if (back && back.offsetParent) back.click(); else row?.focus();
}

// --- After anything new stands in the page -----------------------------------------------------------------------------

function afterSwap() {
  dress(document);
  hear();
  for (const box of $$(".composer[data-draft]")) restoreDraft(box);
  markCurrent();
  windows();
  const wanted = $("[data-focus]");
  // Once only: what comes in later must not take the focus from whoever types.
  if (wanted) { wanted.removeAttribute("data-focus"); wanted.focus(); }
}
document.addEventListener("htmx:after:swap", (event) => {
  afterSwap();
  const title = $("#conversation-title");
  const ctx = event.detail?.ctx;
  if (ctx?.sourceElement?.matches?.(".case") && title) {
    document.title = `${title.textContent} · Polydesk`;
    $("#problem")?.replaceChildren();
    if (!matchMedia("(min-width: 44.01rem)").matches) title.focus();
  }
});
document.addEventListener("htmx:before:swap", (event) => {
  const text = event.detail?.ctx?.text;
  if (typeof text === "string" && text.includes("<!doctype html")) { event.preventDefault(); location.reload(); }
});
document.addEventListener("htmx:error", () => say(words().offline));
if ($("#toast") && !$("#toast").hidden) toastTimer = setTimeout(() => { $("#toast").hidden = true; }, 5000);
// With many queues the rail is longer than the window: where one is must be in sight.
$(".rail-link[aria-current=page]")?.scrollIntoView({ block: "nearest" });
afterSwap();
listen();
