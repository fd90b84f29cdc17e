"""send.py ENDPOINT FILE STORE PROOF CHECKSUM WORK: sends a file with tuspy and resumes what an earlier run began.

It prints the offset at which it begins, and exits with 3 if the network broke. PROOF is in hexadecimal; WORK is the value of
Proof-Of-Work."""

import hashlib
import sys

from tusclient import client
from tusclient.exceptions import TusCommunicationError, TusUploadFailed
from tusclient.storage.filestorage import FileStorage

endpoint, file, store, proof, checksum, work = sys.argv[1:]
with open(file, "rb") as sealed:
    sha256 = hashlib.sha256(sealed.read()).digest()
try:
    uploader = client.TusClient(endpoint, headers={"Proof-Of-Work": work}).uploader(
        file,
        chunk_size=700_000,
        store_url=True,
        url_storage=FileStorage(store),
        # The library accepts only text as metadata; Latin-1 maps the hashes byte for byte.
        metadata={"delete_proof_sha256": bytes.fromhex(proof).decode("latin-1"), "sha256": sha256.decode("latin-1")},
        metadata_encoding="latin-1",
        upload_checksum=checksum == "checksum",
    )
    print(f"begins at {uploader.offset}")
    uploader.upload()
except (OSError, TusCommunicationError, TusUploadFailed) as error:
    print(error, file=sys.stderr)
    sys.exit(3)
