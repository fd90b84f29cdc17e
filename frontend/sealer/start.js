// The end of the sealer's script: starts its program, and tells the page (BROKEN, in protocol.rs) if that cannot run on.
(function () {
  "use strict";
  function broken() {
    postMessage([6]);
  }

  // What the phone keeps, under neutral names; nothing in it is in the clear. A store that does not answer keeps nothing: no
  // upload waits for it, and nothing that has been received.
  function inStore(mode, work, makes) {
    return new Promise(function (resolve, reject) {
      setTimeout(reject, 20000);
      var opening = indexedDB.open("f", 1);
      opening.onupgradeneeded = function () {
        if (makes) {
          opening.result.createObjectStore("s");
        } else {
          opening.transaction.abort();
        }
      };
      opening.onerror = function (event) {
        event.preventDefault();
        reject();
      };
      opening.onsuccess = function () {
        var database = opening.result;
        // Leaving deletes it from the page, and must not wait.
        database.onversionchange = function () {
          database.close();
        };
        // Strict: on the disk before it counts, for a battery may die.
        var transaction = database.transaction("s", mode, { durability: "strict" });
        var request = work(transaction.objectStore("s"));
        transaction.oncomplete = function () {
          database.close();
          resolve(request.result);
        };
        transaction.onabort = reject;
      };
    });
  }
  self.amanatKeep = function (key, value) {
    return inStore("readwrite", function (store) {
      return store.put(value, key);
    }, true);
  };
  self.amanatKept = function (key) {
    return inStore("readonly", function (store) {
      return store.get(key);
    });
  };
  self.amanatDrop = function (from, to) {
    return inStore("readwrite", function (store) {
      return store.delete(IDBKeyRange.bound(from, to));
    });
  };

  // A while, or until the phone has a network again.
  self.amanatPause = function (milliseconds) {
    return new Promise(function (resolve) {
      function over() {
        clearTimeout(timer);
        removeEventListener("online", over);
        resolve();
      }
      var timer = setTimeout(over, milliseconds);
      addEventListener("online", over);
    });
  };

  addEventListener("unhandledrejection", broken);
  wasm_bindgen({ module_or_path: location.href.replace(/\.js$/, "_bg.wasm") }).catch(broken);
})();
