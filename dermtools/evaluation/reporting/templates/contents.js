"use strict";
(() => {
  // The section that is read is marked in the contents bar.
  const links = new Map([...document.querySelectorAll(".contents a")].map(link => [link.hash.slice(1), link]));
  const sections = [...document.querySelectorAll("main section[id]")].filter(section => links.has(section.id));
  function mark() {
    const seen = sections.filter(section => !section.hidden && section.getBoundingClientRect().top < 140);
    const current = links.get(seen.at(-1)?.id);
    for (const link of links.values()) {
      if (link === current) link.setAttribute("aria-current", "true");
      else link.removeAttribute("aria-current");
    }
    const bar = current?.closest("ul");
    if (bar && bar.scrollWidth > bar.clientWidth) bar.scrollLeft = current.offsetLeft - bar.clientWidth / 2;
  }
  addEventListener("scroll", mark, { passive: true });
  addEventListener("resize", mark);
  mark();
})();
