// Returns the page's faults that axe does not find, as a list of texts.
(() => {
    const faults = [];
    const root = document.documentElement;
    const shown = e => e.getClientRects().length > 0 && getComputedStyle(e).visibility !== "hidden";
    const named = e => {
        const words = (e.innerText || e.value || "").trim().slice(0, 40);
        return `${e.tagName.toLowerCase()}${e.id && "#" + e.id}${[...e.classList].map(c => "." + c).join("")} «${words}»`;
    };
    const all = [...document.body.querySelectorAll("*")].filter(e => shown(e) && !e.closest(".visually-hidden, option"));
    const controls = all.filter(e => e.matches("input, select, textarea"));

    // Nothing scrolls sideways, overflows the page, or is cut off.
    if (root.scrollWidth > root.clientWidth) faults.push(`scrolls sideways: ${root.scrollWidth} of ${root.clientWidth}`);
    for (const e of all) {
        const box = e.getBoundingClientRect(), style = getComputedStyle(e);
        if (style.display === "flex" && style.columnGap !== "normal") faults.push(`has a gap that Chrome 80 leaves out: ${named(e)}`);
        if (box.left < -0.5 || box.right > root.clientWidth + 0.5) faults.push(`stands out of the page: ${named(e)}`);
        const clips = style.overflowX !== "visible" || style.textOverflow !== "clip";
        if (clips && !e.matches("input, textarea, select") && e.scrollWidth > e.clientWidth) faults.push(`is cut off: ${named(e)}`);
    }
    // A list shows each option whole, on two lines if necessary.
    const pen = document.createElement("canvas").getContext("2d");
    for (const list of all.filter(e => e.matches("select"))) {
        const style = getComputedStyle(list), chosen = list.selectedIndex;
        pen.font = `${style.fontWeight} ${style.fontSize} ${style.fontFamily}`;
        const room = list.clientWidth - parseFloat(style.paddingLeft) - parseFloat(style.paddingRight);
        [...list.options].forEach(({text}, index) => {
            list.selectedIndex = index;
            const needed = pen.measureText(text).width, lines = list.clientHeight > 1.9 * parseFloat(style.lineHeight) ? 2 : 1;
            if (needed > room * (lines === 2 ? 1.8 : 1)) faults.push(`is cut off: ${list.id} at «${text}», ${needed.toFixed()} in ${room}`);
        });
        list.selectedIndex = chosen;
    }

    // Touch targets are large enough. A link inside a sentence is only as large as its words.
    for (const e of all.filter(e => e.matches("button, a[href], input, select, textarea"))) {
        if (e.matches("a") && e.parentElement.innerText.trim() !== e.innerText.trim()) continue;
        const target = (e.matches("[type=radio], [type=checkbox], [type=file]") && e.closest("label")) || e;
        const {width, height} = target.getBoundingClientRect();
        if (width < 44 || height < 44) faults.push(`is small to touch, ${width.toFixed(1)}×${height.toFixed(1)}: ${named(e)}`);
    }

    // Every text is in the language and direction that the markup declares, except what a person typed.
    const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    while (walker.nextNode()) {
        const text = walker.currentNode.data.trim(), place = walker.currentNode.parentElement;
        if (!text || !shown(place) || place.closest("bdi, textarea")) continue;
        const lang = place.closest("[lang]").lang, direction = getComputedStyle(place).direction;
        const arabic = /\p{Script=Arabic}/u.test(text.replace(/[۰-۹٠-٩]/g, "")), latin = /\p{Script=Latin}/u.test(text);
        if (arabic && !latin && (!/^(fa-AF|ps)$/.test(lang) || direction !== "rtl")) faults.push(`is not ${lang} ${direction}: «${text}»`);
        // Names such as Signal, WhatsApp and UNHCR are Latin in every language.
        if (latin && !arabic && direction !== "ltr" && text.includes(" ")) faults.push(`is not ${lang} ${direction}: «${text}»`);
        // In right-to-left text, groups of digits and parts of an address would change places.
        const groups = /\+\s*[\d۰-۹٠-٩]|[\d۰-۹٠-٩]+[ \-/.][\d۰-۹٠-٩]+|\S+@\S+|\S+\.(org|com|net)\b/.exec(text);
        if (groups && direction === "rtl") faults.push(`may change its order: «${groups[0]}» in «${text}»`);
    }

    // The browser's autocomplete, spelling check and translation see no answer.
    for (const e of [...document.querySelectorAll("input, select, textarea")]) {
        if (e.getAttribute("autocomplete") !== "off") faults.push(`may be completed: ${named(e)}`);
        if (e.spellcheck) faults.push(`may be checked for its spelling: ${named(e)}`);
        // Digits from Arabic keyboards would change places at every space.
        const {direction, unicodeBidi} = getComputedStyle(e);
        if (/^(tel|numeric)$/.test(e.inputMode) && `${direction} ${unicodeBidi}` !== "ltr bidi-override") faults.push(`may change its order: ${named(e)}`);
    }
    for (const e of [root, ...all]) if (e.translate) faults.push(`may be translated: ${named(e)}`);
    return faults;
})()
