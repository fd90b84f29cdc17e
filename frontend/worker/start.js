// The end of the sealer's script: starts its program, and tells the page (BROKEN, in protocol.rs) if that cannot run on.
(function () {
  "use strict";
  function broken() {
    postMessage([6]);
  }

  // The phone's store, under neutral names; nothing in it is in the clear. A store that does not answer keeps nothing: no
  // upload waits for it, and nothing that has been received. One thing is done after another, so that the store is not
  // deleted while something is put into it.
  var queue = Promise.resolve();
  function inStore(mode, work) {
    queue = queue.then(function () {
      return open(mode, work);
    }).catch(function () {});
    return queue;
  }
  var dead = false;
  function open(mode, work) {
    return new Promise(function (resolve, reject) {
      if (dead) {
        return reject();
      }
      setTimeout(reject, 20000);
      // One that cannot even be opened is not asked again.
      var waiting = setTimeout(function () {
        dead = true;
        reject();
      }, 4000);
      var opening = indexedDB.open("f", 1);
      opening.onupgradeneeded = function () {
        if (mode === "readwrite") {
          opening.result.createObjectStore("s");
        } else {
          opening.transaction.abort();
        }
      };
      opening.onerror = function (event) {
        clearTimeout(waiting);
        event.preventDefault();
        reject();
      };
      opening.onsuccess = function () {
        clearTimeout(waiting);
        var database = opening.result;
        // Leaving deletes it from the page, and must not wait.
        database.onversionchange = function () {
          database.close();
        };
        // Strict: on the disk before it counts, for a battery may die.
        var transaction = database.transaction("s", mode, { durability: "strict" });
        var store = transaction.objectStore("s");
        var request = work(store);
        var left = store.count();
        transaction.oncomplete = function () {
          database.close();
          if (mode === "readwrite" && !left.result) {
            var deleting = indexedDB.deleteDatabase("f");
            deleting.onsuccess = deleting.onerror = deleting.onblocked = resolve;
          } else {
            resolve(request.result);
          }
        };
        transaction.onabort = reject;
      };
    });
  }
  // Each value is a `Blob`, since browsers keep those in files of their own and delete the file with the value. Of other
  // values every version stays in the database's log (tried in Chromium 156 and Firefox 153).
  self.amanatKeep = function (key, first, second) {
    return inStore("readwrite", function (store) {
      store.put(new Blob([first, second]), key);
      // Not the value: whoever holds it keeps its file on the disk.
      return store.count(key);
    });
  };
  self.amanatKept = function (key) {
    return inStore("readonly", function (store) {
      return store.get(key);
    }).then(function (value) {
      return value && new Response(value).arrayBuffer();
    });
  };
  self.amanatKeys = function () {
    return inStore("readonly", function (store) {
      return store.getAllKeys();
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
