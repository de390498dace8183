/* The button of a Polydesk chat. Nothing but this is loaded until somebody opens the chat.
   <script src="https://desk.example/p/webchat/KEY/loader.js" async data-language="fr" data-identity="eyJ…"></script>
   or, before it: window.polydesk = { identity, language, name, email }. Afterwards window.polydesk has open(), close(),
   identify(token) and forget(). */
(function () {
  "use strict";
  var config = "POLYDESK_CONFIG";
  var me = document.currentScript;
  if (!me || window.__polydeskChat) return;
  window.__polydeskChat = true;
  var given = window.polydesk || {};
  var base = me.src.split("?")[0].replace(/\/loader\.js$/, "");
  var origin = new URL(base).origin;
  var settings = {};
  ["identity", "language", "name", "email"].forEach(function (name) {
    settings[name] = me.dataset[name] || given[name] || "";
  });

  function speak(tag) {
    tag = (tag || "").toLowerCase();
    return config.words[tag] ? tag : config.words[tag.split("-")[0]] ? tag.split("-")[0] : "";
  }
  var asked = [settings.language, document.documentElement.lang].concat(navigator.languages || []);
  var language = asked.map(speak).filter(Boolean)[0] || Object.keys(config.words)[0];
  var words = config.words[language];

  /* What this site's browser remembers of the chat: never the conversation, only whether there was one. */
  function store(kind) {
    try { return window[kind]; } catch (refused) { return null; }
  }
  function remembered(kind, name) {
    try { return store(kind).getItem("polydesk-chat:" + config.key + ":" + name); } catch (refused) { return null; }
  }
  function remember(kind, name, value) {
    try { store(kind).setItem("polydesk-chat:" + config.key + ":" + name, value); } catch (refused) { /* private window */ }
  }

  var host = document.createElement("div");
  host.id = "polydesk-chat";
  host.dir = words.dir;
  host.lang = language;
  var root = host.attachShadow({ mode: "open" });
  var css = `
:host{all:initial;position:fixed;z-index:2147483000;inset-block-end:max(20px,env(safe-area-inset-bottom));inset-inline-${config.side}:20px;
font:15px/1.45 system-ui,-apple-system,"Segoe UI",Roboto,"Noto Sans","Noto Sans Arabic",sans-serif;color-scheme:${config.scheme === "auto" ? "light dark" : config.scheme}}
*{box-sizing:border-box}
button{font:inherit;cursor:pointer;border:0;margin:0}
:focus-visible{outline:3px solid ${config.ground};outline-offset:3px}
.launch{position:relative;display:grid;place-items:center;inline-size:56px;block-size:56px;border-radius:50%;color:${config.ink};background:${config.ground};
box-shadow:0 1px 3px #0003,0 8px 24px #0000002e;transition:transform .16s cubic-bezier(.2,0,0,1)}
.launch:hover{transform:scale(1.05)}.launch:active{transform:scale(.97)}
svg{inline-size:26px;block-size:26px;fill:none;stroke:currentColor;stroke-width:1.9;stroke-linecap:round;stroke-linejoin:round}
.launch[aria-expanded=true] .talk,.launch[aria-expanded=false] .shut{display:none}
.count{position:absolute;inset-block-start:-4px;inset-inline-end:-4px;min-inline-size:22px;block-size:22px;padding:0 6px;border-radius:11px;
background:#c62828;color:#fff;font-size:13px;font-weight:600;line-height:22px;text-align:center;box-shadow:0 0 0 2px light-dark(#fff,#17181b)}
.panel{position:absolute;inset-block-end:72px;inset-inline-${config.side}:0;inline-size:min(390px,calc(100vw - 40px));block-size:min(660px,calc(100vh - 120px));
border-radius:16px;overflow:hidden;background:light-dark(#fff,#17181b);box-shadow:0 2px 6px #0000001f,0 16px 48px #0003;animation:rise .2s cubic-bezier(.2,0,0,1)}
iframe{display:block;inline-size:100%;block-size:100%;border:0;color-scheme:inherit}
.invite{position:absolute;inset-block-end:72px;inset-inline-${config.side}:0;inline-size:max-content;max-inline-size:min(290px,calc(100vw - 40px));display:flex;align-items:start;
border-radius:14px;background:light-dark(#fff,#232529);color:light-dark(#1d1e20,#e9e8e6);box-shadow:0 1px 4px #0000001f,0 10px 32px #00000029;animation:rise .24s cubic-bezier(.2,0,0,1)}
.invite .say{flex:1;padding:14px 16px;padding-inline-end:6px;border-radius:14px;background:none;color:inherit;text-align:start}
.invite .not{flex:none;inline-size:36px;block-size:36px;margin:4px;border-radius:10px;background:none;color:light-dark(#56585d,#aaadb2)}
.invite .not svg{inline-size:16px;block-size:16px;vertical-align:middle}
.invite .not:hover{background:light-dark(#f0efeb,#303236)}
[hidden]{display:none!important}
@keyframes rise{from{opacity:0;transform:translateY(10px)}}
@media(max-width:480px){.panel{position:fixed;inset:0;inline-size:100%;block-size:100%;border-radius:0}.open .launch{display:none}}
@media(prefers-reduced-motion:reduce){*{animation:none!important;transition:none!important}}
@media print{:host{display:none}}`;
  try {
    /* The site's own policy may forbid style elements; a sheet made here is none. */
    var sheet = new CSSStyleSheet();
    sheet.replaceSync(css);
    root.adoptedStyleSheets = [sheet];
  } catch (old) {
    var style = document.createElement("style");
    style.textContent = css;
    root.append(style);
  }
  function make(tag, kind, more) {
    var node = document.createElement(tag);
    if (kind) node.className = kind;
    Object.keys(more || {}).forEach(function (name) { node.setAttribute(name, more[name]); });
    return node;
  }
  function icon(path, kind) {
    var svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
    svg.setAttribute("viewBox", "0 0 24 24");
    svg.setAttribute("aria-hidden", "true");
    svg.setAttribute("class", kind || "");
    var line = document.createElementNS("http://www.w3.org/2000/svg", "path");
    line.setAttribute("d", path);
    svg.append(line);
    return svg;
  }
  var CROSS = "M18 6 6 18M6 6l12 12";
  var all = make("div", "all");
  var launch = make("button", "launch", { type: "button", "aria-label": words.open, "aria-expanded": "false", "aria-haspopup": "dialog" });
  launch.append(icon("M3 20l1.3-3.9C1.98 12.66 2.87 8.22 6.4 5.73c3.5-2.5 8.56-2.29 11.8.48 3.24 2.77 3.65 7.25.96 10.44-2.7 3.2-7.6 4.08-11.46 2.1L3 20", "talk"), icon(CROSS, "shut"));
  var count = make("span", "count", { hidden: "" });
  launch.append(count);
  var live = make("div", "live", { role: "status" });
  all.append(live, launch);
  root.append(all);

  var panel, frame, invitation = "";
  function isOpen() { return !!panel && !panel.hidden; }

  var ready = false;
  function tell(message) {
    if (ready) frame.contentWindow.postMessage(Object.assign({ polydesk: 1 }, message), origin);
  }
  function hello() {
    var kept = {};
    try { kept = JSON.parse(remembered("localStorage", "kept")) || {}; } catch (broken) { /* begins anew */ }
    return {
      kept: kept,
      kind: "hello", identity: settings.identity, name: settings.name, email: settings.email, invitation: invitation,
      page: location.origin + location.pathname, title: document.title, open: isOpen()
    };
  }
  function build() {
    panel = make("div", "panel", { role: "dialog", "aria-label": words.title, id: "panel" });
    /* The chat learns who frames it: it takes orders from nobody else. */
    frame = make("iframe", "", { title: words.title, src: base + "/?lang=" + language });
    panel.append(frame);
    all.insertBefore(panel, launch);
    launch.setAttribute("aria-controls", "panel");
  }
  function open(quiet) {
    if (!panel) build();
    withdraw();
    panel.hidden = false;
    all.classList.add("open");
    launch.setAttribute("aria-expanded", "true");
    launch.setAttribute("aria-label", words.close);
    unread(0);
    remember("sessionStorage", "state", "open");
    remember("localStorage", "met", "1");
    tell({ kind: "shown", focus: quiet !== true });
    if (quiet !== true) frame.focus();
  }
  function close() {
    if (!panel) return;
    panel.hidden = true;
    all.classList.remove("open");
    launch.setAttribute("aria-expanded", "false");
    launch.setAttribute("aria-label", words.open);
    remember("sessionStorage", "state", "shut");
    tell({ kind: "hidden" });
    launch.focus();
  }
  function unread(number) {
    count.hidden = !number;
    count.textContent = number > 9 ? "9+" : String(number || "");
    if (!isOpen()) launch.setAttribute("aria-label", number ? words.open + " (" + words.unread.replace("{count}", number) + ")" : words.open);
  }
  launch.addEventListener("click", function () { if (isOpen()) close(); else open(); });
  root.addEventListener("keydown", function (event) { if (event.key === "Escape" && isOpen()) close(); });

  window.addEventListener("message", function (event) {
    if (!frame || event.source !== frame.contentWindow || event.origin !== origin || !event.data || event.data.polydesk !== 1) return;
    switch (event.data.kind) {
      case "ready": ready = true; tell(hello()); break;
      case "close": close(); break;
      case "unread": if (!isOpen()) unread(event.data.count | 0); break;
      case "keep": remember("localStorage", "kept", JSON.stringify(event.data.kept)); break;
      case "talking": remember("sessionStorage", "talking", "1"); break;
    }
  });

  /* --- Invitations ---------------------------------------------------------------------------------------------- */
  var card;
  function withdraw() {
    if (card) card.remove();
    card = null;
  }
  function invite(rule) {
    if (card || isOpen() || remembered("sessionStorage", "invited") || Date.now() - remembered("localStorage", "declined") < 6048e5) return;
    var text = rule.words[language] || rule.words[""] || "";
    if (!text) return;
    remember("sessionStorage", "invited", "1");
    card = make("div", "invite", { dir: "auto" });
    var say = make("button", "say", { type: "button" });
    say.textContent = text;
    var not = make("button", "not", { type: "button", "aria-label": words.dismiss });
    not.append(icon(CROSS));
    say.addEventListener("click", function () { invitation = text; open(); });
    not.addEventListener("click", function () { remember("localStorage", "declined", Date.now()); withdraw(); launch.focus(); });
    card.append(say, not);
    live.append(card);
  }
  function matches(pattern) {
    var escaped = pattern.replace(/[.+?^${}()|[\]\\]/g, "\\$&").replace(/\*/g, ".*");
    return new RegExp("^" + escaped + "$").test(location.pathname);
  }
  function scrolled() {
    var whole = document.documentElement.scrollHeight - innerHeight;
    return whole > 0 ? 100 * scrollY / whole : 100;
  }
  var began = Date.now(), path = "", before = remembered("localStorage", "here");
  if (!remembered("sessionStorage", "visit")) {
    remember("sessionStorage", "visit", before ? "returning" : "new");
    remember("localStorage", "here", Date.now());
  }
  var who = remembered("sessionStorage", "visit") || "new";
  function look() {
    if (path !== location.pathname) {
      path = location.pathname;
      began = Date.now();
      if (frame) tell({ kind: "page", page: location.origin + path, title: document.title });
    }
    config.rules.forEach(function (rule) {
      if (matches(rule.page) && (!rule.who || rule.who === who) && Date.now() - began >= (rule.after || 0) * 1000 && scrolled() >= (rule.scroll || 0)) invite(rule);
    });
  }

  window.polydesk = {
    open: function () { open(); },
    close: close,
    identify: function (token) { settings.identity = token || ""; if (frame) tell(hello()); },
    forget: function () { settings.identity = ""; if (frame) tell(hello()); }
  };
  function start() {
    document.body.append(host);
    look();
    setInterval(look, 1000);
    /* Whoever was talking and went on to another page of the site goes on talking there. */
    if (remembered("sessionStorage", "state") === "open") open(true);
    else if (remembered("sessionStorage", "talking")) { build(); panel.hidden = true; }
  }
  if (document.body) start(); else document.addEventListener("DOMContentLoaded", start);
})();
