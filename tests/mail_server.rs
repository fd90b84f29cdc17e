//! A real postfix, unpacked and not installed, that takes mail over TLS only and keeps it in a folder.

use std::{
    fs,
    net::{TcpListener, TcpStream},
    os::unix::fs::{PermissionsExt, chown},
    path::{Path, PathBuf},
    process::Command,
};

use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, DnType, ExtendedKeyUsagePurpose, IsCa, KeyPair, KeyUsagePurpose,
};
use tempfile::TempDir;

use crate::programs::{Service, files_in, real_thing, run, wait_for};

/// The name in its certificate.
pub(crate) const HOST: &str = "localhost";
const DOMAIN: &str = "reviewers.test";

/// A running mail server.
pub(crate) struct MailServer {
    _master: Service,
    folder: TempDir,
    /// Where it listens.
    pub(crate) port: u16,
}

impl MailServer {
    /// Starts one for everybody at `reviewers.test`.
    pub(crate) fn start() -> Self {
        let postfix = real_thing("AMANAT_POSTFIX");
        let folder = tempfile::Builder::new().prefix("amanat-mail-").tempdir().expect("a folder for the mail server");
        let root = folder.path();
        open_to_all(root);
        let port = free_port();
        make_certificates(root);
        let config = root.join("config");
        fs::create_dir(&config).expect("a fresh folder");
        fs::write(config.join("main.cf"), main_cf(&postfix, root)).expect("the configuration is written");
        fs::write(config.join("master.cf"), master_cf(port)).expect("the configuration is written");
        make_queues(root);
        let libraries = libraries(&postfix);
        let mut master = Command::new(postfix.join("usr/lib/postfix/sbin/master"));
        master.arg("-c").arg(&config).arg("-d");
        master.env("LD_LIBRARY_PATH", &libraries).env("MAIL_CONFIG", &config);
        let master = Service::start(&mut master);
        let server = Self { _master: master, folder, port };
        wait_for("the mail server", || TcpStream::connect(("127.0.0.1", port)).ok());
        server
    }

    /// The certificate of the authority that vouches for it.
    pub(crate) fn authority(&self) -> PathBuf {
        self.folder.path().join("authority.pem")
    }

    /// A reviewer's address here.
    pub(crate) fn address(name: &str) -> String {
        format!("{name}@{DOMAIN}")
    }

    /// Waits until at least so many mails have been delivered, and gives all of them.
    pub(crate) fn wait_for_mails(&self, count: usize) -> Vec<String> {
        wait_for(&format!("{count} mails, and the server logged:\n{}", self.log()), || {
            let mails = self.mails();
            (mails.len() >= count).then_some(mails)
        })
    }

    /// What has been delivered.
    pub(crate) fn mails(&self) -> Vec<String> {
        let new = self.folder.path().join("mail/in/new");
        if !new.exists() {
            return Vec::new();
        }
        files_in(&new).iter().map(|file| fs::read_to_string(file).expect("a mail is text")).collect()
    }

    /// What it wrote about its work.
    pub(crate) fn log(&self) -> String {
        fs::read_to_string(self.folder.path().join("data/mail.log")).unwrap_or_default()
    }
}

fn main_cf(postfix: &Path, root: &Path) -> String {
    let (tree, root) = (postfix.display(), root.display());
    format!(
        "compatibility_level = 3.6
queue_directory = {root}/queue
data_directory = {root}/data
daemon_directory = {tree}/usr/lib/postfix/sbin
command_directory = {tree}/usr/sbin
shlib_directory = {tree}/usr/lib/postfix
meta_directory = {tree}/etc/postfix
mail_owner = daemon
setgid_group = games
default_privs = nobody
maillog_file = {root}/data/mail.log
maillog_file_prefixes = {root}
import_environment = MAIL_CONFIG LD_LIBRARY_PATH={libraries}
myhostname = {HOST}
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
mynetworks = 127.0.0.0/8
mydestination =
alias_maps =
local_recipient_maps =
virtual_mailbox_domains = {DOMAIN}
virtual_mailbox_base = {root}/mail
virtual_mailbox_maps = static:in/
virtual_uid_maps = static:65534
virtual_gid_maps = static:65534
smtpd_tls_cert_file = {root}/server.pem
smtpd_tls_key_file = {root}/server.key
smtpd_tls_security_level = encrypt
smtpd_tls_loglevel = 1
smtpd_tls_received_header = yes
smtpd_recipient_restrictions = reject_unauth_destination
",
        libraries = libraries(postfix)
    )
}

fn master_cf(port: u16) -> String {
    let mut table = format!("127.0.0.1:{port} inet n - n - - smtpd\n");
    table += "postlog unix-dgram n - n - 1 postlogd\n";
    for (name, private, wake, most, program) in [
        ("cleanup", "n", "-", "0", "cleanup"),
        ("qmgr", "n", "300", "1", "qmgr"),
        ("rewrite", "-", "-", "-", "trivial-rewrite"),
        ("tlsmgr", "-", "1000?", "1", "tlsmgr"),
        ("bounce", "-", "-", "0", "bounce"),
        ("defer", "-", "-", "0", "bounce"),
        ("trace", "-", "-", "0", "bounce"),
        ("error", "-", "-", "-", "error"),
        ("retry", "-", "-", "-", "error"),
        ("anvil", "-", "-", "1", "anvil"),
    ] {
        table.extend([name, " unix ", private, " - n ", wake, " ", most, " ", program, "\n"]);
    }
    // Needs the rights to write as the mailboxes' owner.
    table + "virtual unix - n n - - virtual\n"
}

fn make_queues(root: &Path) {
    let (daemon, nobody) = (user_id("daemon"), user_id("nobody"));
    for name in [
        "active", "bounce", "corrupt", "defer", "deferred", "flush", "hold", "incoming", "maildrop", "private", "public", "saved",
        "trace",
    ] {
        let queue = root.join("queue").join(name);
        fs::create_dir_all(&queue).expect("a fresh folder");
        chown(&queue, Some(daemon), None).expect("the mail server runs as root, so tests do");
    }
    fs::create_dir(root.join("queue/pid")).expect("a fresh folder");
    for (name, owner) in [("data", daemon), ("mail", nobody)] {
        fs::create_dir(root.join(name)).expect("a fresh folder");
        chown(root.join(name), Some(owner), None).expect("the mail server runs as root, so tests do");
    }
}

/// A throw-away authority, and a certificate of its for this server.
fn make_certificates(root: &Path) {
    let mut authority = CertificateParams::default();
    authority.distinguished_name.push(DnType::CommonName, "A throw-away authority");
    authority.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    authority.key_usages = vec![KeyUsagePurpose::KeyCertSign];
    let key = KeyPair::generate().expect("a key can be made");
    let authority = CertifiedIssuer::self_signed(authority, key).expect("a certificate can be made");
    let mut server = CertificateParams::new([HOST.to_owned()]).expect("localhost is a name");
    server.distinguished_name.push(DnType::CommonName, HOST);
    server.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
    let key = KeyPair::generate().expect("a key can be made");
    let certificate = server.signed_by(&key, &authority).expect("a certificate can be made");
    for (name, text) in [("authority.pem", authority.pem()), ("server.pem", certificate.pem()), ("server.key", key.serialize_pem())]
    {
        fs::write(root.join(name), text).expect("certificates are written");
    }
}

fn libraries(postfix: &Path) -> String {
    let folders = [
        "usr/lib/postfix",
        "usr/lib/x86_64-linux-gnu",
        "usr/lib/aarch64-linux-gnu",
        "lib/x86_64-linux-gnu",
        "lib/aarch64-linux-gnu",
    ];
    folders.map(|folder| postfix.join(folder).display().to_string()).join(":")
}

fn user_id(name: &str) -> u32 {
    let id = run(Command::new("id").args(["-u", name]));
    String::from_utf8_lossy(&id).trim().parse().expect("id prints a number")
}

fn open_to_all(folder: &Path) {
    fs::set_permissions(folder, fs::Permissions::from_mode(0o755)).expect("our own folder");
}

/// A port that nobody listens on at present. Postfix has to be told one.
fn free_port() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").expect("this machine has a loopback");
    listener.local_addr().expect("it is bound").port()
}
