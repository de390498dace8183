// The player of recordings: play and pause, speed, skipping, a waveform to click and to walk with keys. Without this
// script the browser's own controls do the same.
"use strict";

(() => {
  const clock = (seconds) => {
    const whole = Math.max(0, Math.floor(seconds || 0));
    const minutes = Math.floor(whole / 60), rest = String(whole % 60).padStart(2, "0");
    return minutes < 60 ? `${minutes}:${rest}` : `${Math.floor(minutes / 60)}:${String(minutes % 60).padStart(2, "0")}:${rest}`;
  };
  const remembered = () => { try { return localStorage.getItem("polydesk-speed") || "1"; } catch { return "1"; } };

  function set_up(player) {
    if (player.dataset.ready) return;
    player.dataset.ready = "yes";
    const audio = player.querySelector("audio"), desk = player.querySelector(".player-desk");
    const play = player.querySelector(".player-play"), wave = player.querySelector(".player-wave");
    const speed = player.querySelector("[data-speed]"), at = player.querySelector("[data-at]");
    const played = player.querySelector(".played"), needle = player.querySelector(".player-needle");
    audio.controls = false;
    desk.hidden = false;
    const length = () => (Number.isFinite(audio.duration) && audio.duration) || Number(player.dataset.seconds) || 0;

    function show() {
      const whole = length(), share = whole ? Math.min(1, audio.currentTime / whole) : 0;
      played.style.clipPath = `inset(0 ${100 - share * 100}% 0 0)`;
      needle.style.left = `${share * 100}%`;
      at.textContent = clock(audio.currentTime);
      wave.setAttribute("aria-valuemax", String(Math.round(whole)));
      wave.setAttribute("aria-valuenow", String(Math.round(audio.currentTime)));
      wave.setAttribute("aria-valuetext", `${clock(audio.currentTime)} / ${clock(whole)}`);
      const playing = !audio.paused && !audio.ended;
      play.classList.toggle("playing", playing);
      play.setAttribute("aria-label", playing ? play.dataset.pause : play.dataset.play);
    }
    // Before anything is known of the sound, a place in it is kept until it is.
    let wanted = null;
    function go(seconds) {
      const target = Math.max(0, Math.min(length() - 0.05, seconds));
      if (audio.readyState === 0) { wanted = target; audio.preload = "metadata"; audio.load(); } else audio.currentTime = target;
      show();
    }
    audio.addEventListener("loadedmetadata", () => {
      audio.playbackRate = Number(speed.value);
      if (wanted !== null) { audio.currentTime = wanted; wanted = null; }
      show();
    });
    const toggle = () => { if (audio.paused) audio.play().catch(() => {}); else audio.pause(); };
    for (const event of ["timeupdate", "play", "pause", "ended", "seeked", "durationchange"]) audio.addEventListener(event, show);
    audio.addEventListener("ended", () => next(player));

    desk.addEventListener("click", (event) => {
      const what = event.target.closest("[data-do]")?.dataset.do;
      if (what === "play") toggle();
      if (what === "back") go((wanted ?? audio.currentTime) - 10);
      if (what === "on") go((wanted ?? audio.currentTime) + 10);
    });
    speed.value = remembered();
    if (!speed.value) speed.value = "1";
    audio.playbackRate = audio.defaultPlaybackRate = Number(speed.value);
    speed.addEventListener("change", () => {
      audio.playbackRate = audio.defaultPlaybackRate = Number(speed.value);
      try { localStorage.setItem("polydesk-speed", speed.value); } catch { /* then it is 1 next time */ }
    });

    const pointed = (event) => {
      const box = wave.getBoundingClientRect();
      return ((event.clientX - box.left) / box.width) * length();
    };
    wave.addEventListener("pointerdown", (event) => {
      if (event.button) return;
      wave.setPointerCapture(event.pointerId);
      go(pointed(event));
    });
    wave.addEventListener("pointermove", (event) => { if (wave.hasPointerCapture(event.pointerId)) go(pointed(event)); });
    wave.addEventListener("keydown", (event) => {
      const now = wanted ?? audio.currentTime;
      const to = { ArrowLeft: now - 5, ArrowDown: now - 5, ArrowRight: now + 5, ArrowUp: now + 5, PageDown: now - 30, PageUp: now + 30, Home: 0, End: length() }[event.key];
      if (to !== undefined) go(to);
      else if (event.key === " " || event.key === "Enter") toggle();
      else return;
      event.preventDefault();
      event.stopPropagation();
    });
    show();
  }

  // A playlist goes on by itself: the next recording takes the place of the one that has ended.
  async function next(player) {
    const box = player.closest("[data-next]");
    if (!box) return;
    const answer = await fetch(box.dataset.next, {
      headers: { "HX-Request": "true", "HX-Request-Type": "partial", "HX-Target": "section#now-playing", Accept: "text/html" },
    });
    if (!answer.ok) return;
    const holder = document.createElement("template");
    holder.innerHTML = await answer.text();
    const fresh = holder.content.getElementById("now-playing");
    if (!fresh) return;
    const entry = new URL(box.dataset.next, location.href).searchParams.get("at");
    box.replaceWith(fresh);
    for (const line of document.querySelectorAll(".playlist-entry")) {
      if (line.dataset.entry === entry) line.setAttribute("aria-current", "true"); else line.removeAttribute("aria-current");
    }
    all();
    fresh.querySelector("audio")?.play().catch(() => {});
  }

  const all = () => document.querySelectorAll("[data-player]").forEach(set_up);
  all();
  document.addEventListener("htmx:after:swap", all);
})();
