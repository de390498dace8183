/* The chat's page with JavaScript: the same form and messages as without, sent and fetched in place. */
(function () {
  "use strict";
  const body = document.body.dataset;
  const words = JSON.parse(body.words);
  const origins = body.origins.split(" ").filter(Boolean);
  const framed = window.parent !== window;
  const $ = (id) => document.getElementById(id);
  const log = $("log"), list = $("messages"), form = $("say"), text = $("text"), typing = $("typing");
  const files = $("files"), picked = $("picked"), problem = $("problem"), waiting = $("waiting"), who = $("who");
  const language = document.documentElement.lang;
  const region = navigator.languages.find((each) => each.split("-")[0] === language.split("-")[0]) || language;
  document.documentElement.classList.add("js");
  if (framed) document.documentElement.classList.add("framed");

  /* --- Who we are: a token for this browser on this site, another one for each person the site vouches for. ------- */
  let identity = "", person = "", token = "", page = {}, invitation = "", shown = !framed;
  let memory = {}, around = "";
  const slot = (name) => `polydesk:${body.key}:${name}`;
  function kept(name) {
    try { return localStorage.getItem(slot(name)) || memory[name] || null; } catch (refused) { return memory[name] || null; }
  }
  function keep(name, value) {
    memory[name] = value;
    try {
      if (value) localStorage.setItem(slot(name), value); else localStorage.removeItem(slot(name));
    } catch (refused) {
      /* Browsers that keep strangers' frames from storing anything: the site around us remembers instead. */
      if (around) window.parent.postMessage({ polydesk: 1, kind: "keep", kept: memory }, around);
    }
  }
  function fresh() {
    const bytes = crypto.getRandomValues(new Uint8Array(32));
    return btoa(String.fromCharCode(...bytes)).replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");
  }
  function once() { return fresh().slice(0, 16); }
  function become(jwt) {
    let sub = "";
    try { sub = String(JSON.parse(atob(jwt.split(".")[1].replace(/-/g, "+").replace(/_/g, "/"))).sub || ""); } catch (none) { /* nobody */ }
    identity = sub ? jwt : "";
    const changed = person !== sub || !token;
    person = sub;
    const mine = kept(`token:${sub}`);
    if (mine) token = mine;
    else if (sub && kept("token:")) {
      /* What was asked before signing in goes along; the server says if it is somebody else's. */
      token = kept("token:");
      keep("token:", "");
    } else token = sub ? fresh() : form.elements.token.value;
    keep(`token:${sub}`, token);
    return changed;
  }
  function otherwise() {
    token = fresh();
    keep(`token:${person}`, token);
    clear();
  }
  function headers(more) {
    const given = { Authorization: `Bearer ${token}`, ...more };
    if (identity) given["X-Polydesk-Identity"] = identity;
    return given;
  }
  const address = (path, query) => `${body.base}${path}?${new URLSearchParams({ lang: language, ...query })}`;

  /* --- What is shown --------------------------------------------------------------------------------------------- */
  let last = 0, unseen = 0, agent = "", known = false;
  const clock = new Intl.DateTimeFormat(region, { hour: "numeric", minute: "2-digit" });
  const longer = new Intl.DateTimeFormat(region, { day: "numeric", month: "short", hour: "numeric", minute: "2-digit" });
  function tell(message) {
    if (framed) window.parent.postMessage({ polydesk: 1, ...message }, "*");
  }
  function clear() {
    list.textContent = "";
    last = 0;
    known = false;
  }
  function atEnd() { return log.scrollHeight - log.scrollTop - log.clientHeight < 120; }
  function toEnd() { log.scrollTop = log.scrollHeight; }
  function local(node) {
    for (const time of node.querySelectorAll("time")) {
      const moment = new Date(time.dateTime);
      time.textContent = (moment.toDateString() === new Date().toDateString() ? clock : longer).format(moment);
      time.title = moment.toLocaleString(region);
    }
  }
  function node(html) {
    const holder = document.createElement("template");
    holder.innerHTML = html;
    const made = holder.content.firstElementChild;
    local(made);
    return made;
  }
  function put(message) {
    const there = $(`m-${message.id}`), made = node(message.html);
    if (there) there.replaceWith(made);
    else {
      const later = [...list.children].find((each) => Number(each.dataset.id) > message.id || each.classList.contains("sending"));
      list.insertBefore(made, later || null);
    }
    last = Math.max(last, message.id);
    for (const picture of made.querySelectorAll("img")) picture.addEventListener("load", () => { if (atEnd()) toEnd(); });
    return !there;
  }
  function progress(taken, seen) {
    for (const each of list.querySelectorAll(".mine[data-id]")) {
      const number = Number(each.dataset.id), state = each.querySelector(".state");
      if (state) state.textContent = number <= seen ? words.seen : number <= taken ? words.taken : words.sent;
    }
  }
  function stand(state) {
    known = state.known;
    agent = state.agent;
    waiting.textContent = state.status;
    const away = $("away");
    if (away) away.hidden = !state.away;
    if (agent) {
      const dot = document.createElement("span"), name = document.createElement("bdi");
      dot.className = "dot";
      name.textContent = agent;
      who.replaceChildren(dot, name);
    }
    $("menu").hidden = !known;
    const about = $("about");
    about.hidden = !state.asks;
    form.elements.email.required = state.must;
    $("optional").hidden = state.must;
  }

  let looking = null, again = false;
  function look() {
    if (looking) { again = true; return looking; }
    looking = (async () => {
      do {
        again = false;
        await fetchNews();
      } while (again);
    })().finally(() => { looking = null; });
    return looking;
  }
  async function fetchNews() {
    const asked = token;
    const answer = await fetch(address("/messages", { after: last }), { headers: headers(), cache: "no-store" });
    if (asked !== token) { again = true; return; }
    if (answer.status === 409) { otherwise(); again = true; return; }
    if (answer.status === 401 && identity) { identity = ""; again = true; return; }
    if (!answer.ok) throw new Error(String(answer.status));
    const state = await answer.json(), follow = atEnd();
    const first = last === 0;
    let news = 0;
    for (const message of state.messages) if (put(message) && !message.mine) news += 1;
    stand(state);
    progress(state.taken, state.seen);
    if (news) typing.textContent = "";
    if (follow || first) toEnd();
    if (state.messages.some((each) => !each.mine)) saw(first ? 0 : news);
    if (known) { tell({ kind: "talking" }); listen(); }
  }

  /* --- Seen: only what is before somebody's eyes counts. ---------------------------------------------------------- */
  let reported = 0;
  function looks() { return shown && document.visibilityState === "visible"; }
  function saw(news) {
    if (!looks()) {
      unseen += news;
      tell({ kind: "unread", count: unseen });
      return;
    }
    unseen = 0;
    tell({ kind: "unread", count: 0 });
    const theirs = list.querySelector(".theirs:last-of-type") || list.querySelector(".theirs");
    if (!theirs || last <= reported) return;
    reported = last;
    sign({ seen: last });
  }
  function sign(what) {
    if (!known) return;
    fetch(address("/signs"), { method: "POST", headers: headers({ "Content-Type": "application/json" }), body: JSON.stringify(what), keepalive: true }).catch(() => {});
  }
  document.addEventListener("visibilitychange", () => { if (looks() && known) { look().catch(() => {}); saw(0); } });

  /* --- News as it happens: a stream read by fetch, because the token belongs in a header. ------------------------- */
  let line = null, patience = 1000;
  async function listen() {
    if (line) return;
    const mine = line = new AbortController();
    try {
      const answer = await fetch(address("/events"), { headers: headers({ Accept: "text/event-stream" }), signal: mine.signal, cache: "no-store" });
      if (!answer.ok) throw new Error(String(answer.status));
      const reader = answer.body.pipeThrough(new TextDecoderStream()).getReader();
      let rest = "";
      for (;;) {
        const { value, done } = await reader.read();
        if (done) break;
        const parts = (rest + value).split("\n\n");
        rest = parts.pop();
        for (const part of parts) heard((/^event: (\w+)/m.exec(part) || [])[1]);
      }
    } catch (broken) { /* tried again below */ }
    if (line !== mine) return;
    line = null;
    setTimeout(() => look().then(() => listen(), () => listen()), patience * (0.75 + Math.random() / 2));
    patience = Math.min(30000, patience * 2);
  }
  function heard(what) {
    if (what === "hello") {
      patience = 1000;
      problem.textContent = "";
      look().catch(() => {});
    } else if (what === "change") look().catch(() => {});
    else if (what === "typing") showTyping();
  }
  setInterval(() => { if (waiting.textContent && looks()) look().catch(() => {}); }, 30000);
  let stops = 0;
  function showTyping() {
    const follow = atEnd();
    typing.textContent = words.typing.replace("{name}", agent || words.someone);
    clearTimeout(stops);
    stops = setTimeout(() => { typing.textContent = ""; }, 7000);
    if (follow) toEnd();
  }
  function hangUp() {
    const old = line;
    line = null;
    if (old) old.abort();
  }

  /* --- Writing ---------------------------------------------------------------------------------------------------- */
  const chosen = [];
  function grow() {
    text.style.blockSize = "auto";
    text.style.blockSize = `${Math.min(text.scrollHeight, 140)}px`;
    form.classList.toggle("ready", text.value.trim() !== "" || chosen.length > 0);
  }
  let typedAt = 0;
  text.addEventListener("input", () => {
    grow();
    if (text.value && Date.now() - typedAt > 2500) { typedAt = Date.now(); sign({ typing: true }); }
  });
  text.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && !event.shiftKey && !event.isComposing) { event.preventDefault(); form.requestSubmit(form.querySelector(".send")); }
  });
  function showPicked() {
    picked.replaceChildren(...chosen.map((file) => {
      const entry = document.createElement("li"), name = document.createElement("bdi"), remove = document.createElement("button");
      name.textContent = file.name;
      remove.type = "button";
      remove.textContent = "×";
      remove.setAttribute("aria-label", words.remove.replace("{name}", file.name));
      remove.addEventListener("click", () => { chosen.splice(chosen.indexOf(file), 1); showPicked(); text.focus(); });
      entry.append(name, remove);
      return entry;
    }));
    grow();
  }
  function pick(found) {
    for (const file of found) {
      if (file.size > Number(body.largest)) problem.textContent = words.large.replace("{name}", file.name);
      else chosen.push(file);
    }
    showPicked();
  }
  if (files) {
    files.addEventListener("change", () => { pick(files.files); files.value = ""; text.focus(); });
    log.addEventListener("dragover", (event) => event.preventDefault());
    log.addEventListener("drop", (event) => { event.preventDefault(); pick(event.dataTransfer.files); });
    text.addEventListener("paste", (event) => { if (event.clipboardData.files.length) { event.preventDefault(); pick(event.clipboardData.files); } });
  }

  function draft(said) {
    const entry = document.createElement("li"), bubble = document.createElement("div"), foot = document.createElement("p");
    entry.className = "message mine sending";
    bubble.className = "bubble";
    const line = document.createElement("p");
    line.dir = "auto";
    line.textContent = [said.text, ...said.files.map((file) => file.name)].filter(Boolean).join("\n");
    bubble.append(line);
    foot.className = "foot";
    foot.textContent = words.sending;
    entry.append(bubble, foot);
    list.append(entry);
    toEnd();
    return entry;
  }
  /* One after the other, so that they arrive in the order they were written. */
  let queue = Promise.resolve();
  function send(said) {
    const entry = draft(said);
    queue = queue.then(() => post(said, entry));
  }
  async function post(said, entry) {
    const data = new FormData();
    for (const [name, value] of Object.entries({ ...page, ...said.fields, once: said.once, text: said.text, invitation })) if (value) data.append(name, value);
    for (const file of said.files) data.append("files", file, file.name);
    let wait = 1000, words429 = "";
    for (let attempt = 0; attempt < 6; attempt += 1) {
      try {
        const answer = await fetch(address("/messages"), { method: "POST", headers: headers(), body: data });
        if (answer.status === 409) { otherwise(); list.append(entry); continue; }
        /* What the site vouched with has run out: the token is still ours. */
        if (answer.status === 401 && identity) { identity = ""; continue; }
        const found = await answer.json();
        if (answer.ok) {
          entry.remove();
          problem.textContent = "";
          invitation = "";
          const joined = line !== null;
          if (found.message) put(found.message);
          if (!known) last = 0;
          toEnd();
          if (!joined || !known) await look().catch(() => {});
          return;
        }
        if (answer.status < 500) { words429 = found.error || ""; break; }
      } catch (broken) { problem.textContent = words.offline; }
      await new Promise((done) => setTimeout(done, wait));
      wait = Math.min(15000, wait * 2);
    }
    failed(said, entry, words429);
  }
  function failed(said, entry, reason) {
    const foot = entry.querySelector(".foot"), button = document.createElement("button");
    entry.classList.add("failed");
    foot.textContent = `${words.failed} `;
    button.type = "button";
    button.textContent = words.again;
    button.addEventListener("click", () => { entry.remove(); send({ ...said, fields: fields() }); });
    foot.append(button);
    problem.textContent = reason;
    toEnd();
  }
  function fields() {
    const given = {};
    for (const name of ["name", "email", "website"]) {
      const input = form.elements[name];
      if (input && input.value && !(input.closest("fieldset") || {}).hidden) given[name] = input.value;
    }
    return { name: page.name, email: page.email, ...given };
  }
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    problem.textContent = "";
    const pressed = event.submitter;
    if (pressed && pressed.name === "choice") {
      pressed.closest(".choices").remove();
      send({ once: once(), text: pressed.value.split("\n")[1], fields: { choice: pressed.value }, files: [] });
      text.focus();
      return;
    }
    const email = form.elements.email;
    if (email && !email.closest("fieldset").hidden && !email.checkValidity()) { problem.textContent = email.validationMessage; email.focus(); return; }
    if (!text.value.trim() && !chosen.length) { text.focus(); return; }
    send({ once: once(), text: text.value.trim(), fields: fields(), files: chosen.splice(0) });
    text.value = "";
    showPicked();
    text.focus();
  });

  /* --- The conversation by mail ----------------------------------------------------------------------------------- */
  const menu = $("menu"), said = $("said");
  $("transcript").addEventListener("submit", async (event) => {
    event.preventDefault();
    const answer = await fetch(address("/transcript"), { method: "POST", headers: headers(), body: new FormData(event.target) }).catch(() => null);
    if (answer && answer.ok) {
      menu.open = false;
      problem.textContent = "";
      said.textContent = words.mailed;
      setTimeout(() => { said.textContent = ""; }, 8000);
    } else problem.textContent = answer ? (await answer.json()).error : words.offline;
  });
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    if (menu.open) { menu.open = false; menu.querySelector("summary").focus(); } else tell({ kind: "close" });
  });
  document.addEventListener("click", (event) => { if (menu.open && !menu.contains(event.target)) menu.open = false; });

  /* --- The page around us ----------------------------------------------------------------------------------------- */
  const close = $("close");
  close.hidden = !framed;
  close.addEventListener("click", () => tell({ kind: "close" }));
  function begin(jwt) {
    if (become(jwt)) { hangUp(); clear(); reported = 0; }
    look().then(() => { if (page.page) sign({ page: page.page, title: page.title }); }, () => { problem.textContent = words.offline; setTimeout(() => begin(jwt), 5000); });
  }
  window.addEventListener("message", (event) => {
    const ours = event.origin === location.origin || origins.some((each) => each === event.origin || (each.includes("*.") && matches(each, event.origin)));
    if (event.source !== window.parent || !ours || !event.data || event.data.polydesk !== 1) return;
    const message = event.data;
    if (message.kind === "hello") {
      around = event.origin;
      memory = { ...memory, ...message.kept };
      page = { page: message.page, title: message.title, name: message.name, email: message.email };
      invitation = message.invitation;
      shown = message.open;
      if (invitation) $("greeting").textContent = invitation;
      begin(message.identity || "");
      if (shown) text.focus();
    } else if (message.kind === "page") {
      Object.assign(page, { page: message.page, title: message.title });
      sign({ page: message.page, title: message.title });
    } else if (message.kind === "shown") {
      shown = true;
      saw(0);
      toEnd();
      if (message.focus) text.focus();
    } else if (message.kind === "hidden") shown = false;
  });
  function matches(pattern, origin) {
    const [scheme, rest] = pattern.split("://*");
    return origin.startsWith(`${scheme}://`) && origin.endsWith(rest);
  }
  for (const each of list.children) { local(each); last = Math.max(last, Number(each.dataset.id)); }
  if (last) { known = true; toEnd(); }
  last = 0;
  grow();
  if (framed) tell({ kind: "ready" });
  else { begin(""); text.focus(); }
})();
