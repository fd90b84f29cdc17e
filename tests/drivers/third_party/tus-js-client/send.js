// send.js MODULES ENDPOINT FILE STORE METADATA WORK: sends a file with tus-js-client and resumes what an earlier run began.
// It prints how many earlier uploads it finds, and exits with 3 if the network broke.
'use strict';

const fs = require('node:fs');
const path = require('node:path');

const [modules, endpoint, file, store, metadata, work] = process.argv.slice(2);
const tus = require(path.join(modules, 'tus-js-client'));

const upload = new tus.Upload(fs.createReadStream(file), {
    endpoint,
    chunkSize: 700_000,
    retryDelays: null,
    urlStorage: new tus.FileUrlStorage(store),
    // The library accepts only text as metadata, and a hash is not text.
    headers: { 'Upload-Metadata': metadata, 'Proof-Of-Work': work },
    onError: error => {
        console.error(String(error));
        process.exit(3);
    },
    onSuccess: () => process.exit(0),
});
upload.findPreviousUploads().then(previous => {
    console.log(`earlier uploads: ${previous.length}`);
    if (previous.length > 0) {
        upload.resumeFromPreviousUpload(previous[0]);
    }
    upload.start();
});
