// Returns the focused control and what is wrong with its focus ring.
(() => {
    const e = document.activeElement;
    const light = color => {
        const [r, g, b] = color.match(/[\d.]+/g).map(part => part / 255).map(c => c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4);
        return 0.2126 * r + 0.7152 * g + 0.0722 * b + 0.05;
    };
    // A control that its label draws shows the focus ring at the label.
    const drawn = e.matches("[type=file]") ? e.closest("label") : e;
    const {outlineStyle, outlineWidth, outlineColor} = getComputedStyle(drawn);
    const paper = getComputedStyle(document.documentElement).backgroundColor;
    const [darker, lighter] = [light(outlineColor), light(paper)].sort((a, b) => a - b);
    const box = drawn.getBoundingClientRect();
    const seen = y => drawn.contains(document.elementFromPoint(box.left + box.width / 2, y));
    let complaint = null;
    if (e === document.body) complaint = "the keyboard is nowhere";
    else if (outlineStyle === "none" || parseFloat(outlineWidth) < 2) complaint = "no ring around it";
    else if (lighter / darker < 3) complaint = `a ring that is hard to see: ${outlineColor}`;
    else if (!seen(box.top + 4) || !seen(Math.min(box.bottom, innerHeight) - 4)) complaint = "covered by something else";
    return {
        question: e.closest("[data-question]")?.dataset.question ?? null,
        action: e.dataset.action ?? null,
        kind: e.tagName === "SELECT" ? "select" : e.matches("[type=radio], [type=checkbox], [type=file]") ? e.type : "text",
        part: e.dataset.part ?? null,
        value: e.value ?? null,
        words: (e.innerText || "").slice(0, 40),
        complaint,
    };
})()
