// Starts the form. It is a classic script in a syntax that Chrome 80 knows, without inline code, top-level `await` or `eval`. It
// runs before the first buttons are in the page, so that no touch is lost.
(function () {
  "use strict";
  var names = Object.assign({}, document.currentScript.dataset);
  var root = document.documentElement;
  function listen(kind, act) {
    addEventListener(kind, act, true);
  }
  function show(id) {
    document.getElementById(id).hidden = false;
  }

  // The style sheet shows this message in browsers that cannot parse this script.
  var message = document.getElementById("failed");
  message.hidden = true;

  // These browsers run on somebody's server or inside another application. On an iPhone, the latter do not call themselves Safari.
  if (/Mini\/|Puffin|UC ?Browser|UCWEB|Silk|; wv\)|FB[AI][NV]|Instagram|MicroMessenger|Line\/|musical_ly|Bytedance|TikTok|Snapchat|GSA\/|Twitter|LinkedIn|Pinterest|QQ\/|baidu|Viber|iP(hone|ad|od)(?!.*Safari)/i.test(navigator.userAgent)) {
    show("watched");
  }

  // Trusted Types let a worker start only from an address that this policy has created.
  var policy = window.trustedTypes && window.trustedTypes.createPolicy("p", {
    createScriptURL: function () {
      return names.worker;
    }
  });
  window.amanatWorker = function () {
    return new Worker(policy ? policy.createScriptURL("") : names.worker);
  };

  // New controls take no touch before a person can have seen them, so that a second tap on one page answers nothing on the next.
  // A screen reader activates controls without a finger or a key before it, and is never held up; nor are the button to leave and
  // the first page, which follows no touch.
  var CONTROLS = "button, input, select, textarea, a";
  var STILL_MS = 400;
  var touched = -1e4;
  var still = 0;
  function drawn() {
    requestAnimationFrame(function () {
      still = performance.now() + STILL_MS;
    });
  }
  var observer = new MutationObserver(function (changes) {
    var brings = changes.some(function (change) {
      var nodes = change.attributeName ? [change.target] : change.addedNodes;
      return [].some.call(nodes, function (node) {
        return node.matches && !node.hidden && (node.matches(CONTROLS) || node.querySelector(CONTROLS));
      });
    });
    if (brings) {
      // A slow phone takes longer to draw: the time runs from when the controls are on the screen.
      still = 1 / 0;
      requestAnimationFrame(drawn);
    }
  });
  function touch() {
    touched = performance.now();
  }
  listen("pointerdown", touch);
  listen("keydown", touch);
  listen("click", function (event) {
    if (event.isTrusted && event.timeStamp < still && performance.now() - touched < 1000 && !event.target.closest("header, #first")) {
      event.preventDefault();
      event.stopImmediatePropagation();
    }
  });

  // The first page is part of the document: a touch that comes before the program is loaded is kept for it.
  addEventListener("click", function (event) {
    var first = document.getElementById("first");
    var language = event.target.value;
    if (first && language && first.contains(event.target)) {
      first.setAttribute("data-chosen", language);
      first.className = "chosen";
    }
  });

  // Firefox writes every radio button, check box and list that differs from its default to the disk, whatever `autocomplete`
  // says. So the default follows the choice.
  function mirror() {
    document.querySelectorAll("input, option").forEach(function (control) {
      if (control.type) {
        control.defaultChecked = control.checked;
      } else {
        control.defaultSelected = control.selected;
      }
    });
  }
  addEventListener("click", mirror);
  addEventListener("change", mirror);
  // The Enter key of a phone's keyboard would submit the form, which loads the page again.
  addEventListener("submit", function (event) {
    event.preventDefault();
  });
  // The page's program sets the attribute while answers would be lost (history.rs).
  addEventListener("beforeunload", function (event) {
    if (root.hasAttribute("data-unsent")) {
      event.preventDefault();
      event.returnValue = "";
    }
  });

  // The keys in the phone's store (protocol.rs). A store that does not exist is not created.
  var keys = [];
  try {
    var opening = indexedDB.open("f");
    opening.onupgradeneeded = function () {
      opening.transaction.abort();
    };
    opening.onsuccess = function () {
      var database = opening.result;
      database.transaction("s").objectStore("s").getAllKeys().onsuccess = function (event) {
        keys = event.target.result;
        database.close();
      };
    };
    opening.onerror = function (event) {
      event.preventDefault();
    };
  } catch (error) {
    // There are no keys if nothing can be stored.
  }
  window.amanatWaits = function (from, to) {
    return keys.some(function (key) {
      return key >= from && key <= to;
    });
  };

  // The newer interface knows no more, and takes more bytes.
  window.amanatReloaded = function () {
    return performance.navigation.type === 1;
  };

  // Whoever looks through the phone's open applications sees nothing of the page.
  document.addEventListener("visibilitychange", function () {
    root.className = document.hidden ? "covered" : "";
  });

  window.amanatClear = function () {
    try {
      indexedDB.deleteDatabase("f");
    } catch (error) {
      // Nothing is deleted if nothing can be stored.
    }
    // No page of another site can send this header.
    fetch("/leave", { method: "POST", headers: { "Clear-Site": "1" }, keepalive: true }).catch(function () {});
  };

  function removeFirst() {
    var first = document.getElementById("first");
    if (first) {
      first.remove();
    }
  }

  if (!window.WebAssembly) {
    show("blocked");
    return addEventListener("DOMContentLoaded", removeFirst);
  }
  // The WASM is requested at once, while the module that runs it is still loading.
  var wasm = fetch(names.wasm, { credentials: "same-origin" });
  var parsed = new Promise(function (resolve) {
    addEventListener("DOMContentLoaded", resolve);
  });
  parsed.then(function () {
    observer.observe(document.body, { childList: true, subtree: true, attributes: true, attributeFilter: ["hidden"] });
  });
  Promise.all([import(names.js), parsed])
    .then(function (all) {
      return all[0].default({ module_or_path: wasm });
    })
    .catch(function () {
      message.hidden = false;
      message.className = "now";
      removeFirst();
    });
})();
