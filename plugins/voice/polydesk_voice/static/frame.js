// On a narrow screen the tabs are longer than the window: the one that is open must be in sight.
"use strict";

document.querySelector(".voice-tabs [aria-current]")?.scrollIntoView({ block: "nearest", inline: "center" });
