// Returns what is lost in forced colours or with reduced motion, as a list of texts.
(() => {
    const faults = [];
    const named = e => `${e.tagName.toLowerCase()}.${e.className} «${(e.innerText || e.value || "").trim().slice(0, 40)}»`;
    if (!matchMedia("(forced-colors: active)").matches || !matchMedia("(prefers-reduced-motion: reduce)").matches) {
        faults.push("the browser forces nothing");
    }
    const seconds = text => Math.max(...text.split(",").map(parseFloat));
    for (const e of [...document.body.querySelectorAll("*")].filter(e => e.getClientRects().length > 0)) {
        const style = getComputedStyle(e);
        if (seconds(style.animationDuration) > 0 || seconds(style.transitionDuration) > 0) faults.push(`moves: ${named(e)}`);
        // Background colours are gone, so only a border tells a button from text and a field from the page.
        const needsLine = e.matches("button, label.file, input[type=text], textarea, select, .summary, .notice, .note, .code");
        const lines = ["Top", "Right", "Bottom", "Left"].filter(side => parseFloat(style[`border${side}Width`]) >= 1 && style[`border${side}Style`] !== "none");
        const underlined = style.textDecorationLine === "underline";
        if (needsLine && lines.length === 0 && !underlined) faults.push(`has no line around it: ${named(e)}`);
    }
    const before = document.activeElement;
    for (const e of document.querySelectorAll("button, a[href], input, select, textarea")) {
        if (e.getClientRects().length === 0) continue;
        e.focus({preventScroll: true, focusVisible: true});
        const style = getComputedStyle(e.type === "file" ? e.closest("label") : e);
        if (style.outlineStyle === "none" || parseFloat(style.outlineWidth) < 2) faults.push(`shows no focus: ${named(e)}`);
        // The browser draws the tick, in whatever colours are forced.
        if (e.matches("[type=radio], [type=checkbox]") && style.appearance === "none") faults.push(`may show no tick: ${named(e)}`);
    }
    document.activeElement.blur();
    before.focus({preventScroll: true});
    return faults;
})()
