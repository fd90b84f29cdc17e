//! The listeners and their connections.

use std::io;
use std::net::{IpAddr, SocketAddr};
use std::pin::pin;
use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::Router;
use axum::body::Body;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::{Service, service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use miette::Diagnostic;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::watch;
use tokio::time::timeout;
use tokio_rustls::TlsAcceptor;

use crate::config::Network;
use crate::peer::Peer;

use super::client_ip;
use super::connections::{Activity, ConnectionPermit, Connections};
use super::tls::{Certificates, ReloadOutcome};
use super::tracked_io::{TrackedRequestBody, TrackedResponseBody, TrackedStream};

/// Longest time until a request head is complete, which is also the longest idle time and the longest TLS handshake.
const HEADER_TIMEOUT: Duration = Duration::from_secs(30);
/// Read buffer of one connection. It is small, because uploads are many and slow.
const READ_BUFFER_BYTES: usize = 32 * 1024;
/// Requests under way may take this long when the server is told to stop.
const SHUTDOWN_GRACE: Duration = Duration::from_secs(10);
/// Time between two sweeps of the connections and checks of the certificate's files.
const MAINTENANCE_INTERVAL: Duration = Duration::from_secs(5);
/// Readers of metrics need one or two.
const MAX_METRICS_CONNECTIONS: usize = 16;
/// Wait after a connection could not be accepted.
const ACCEPT_BACKOFF: Duration = Duration::from_millis(50);

/// The listeners of one server.
pub struct Listeners {
    /// The public listener.
    pub public: TcpListener,
    /// TLS for [`Listeners::public`]. Without it, that listener speaks plain HTTP to a reverse proxy.
    pub certificates: Option<Certificates>,
    /// The onion service's listener, where every client is [`Peer::Onion`].
    pub onion: Option<TcpListener>,
    /// The metrics' listener.
    pub metrics: Option<TcpListener>,
    /// Reverse proxies whose `X-Forwarded-For` is trusted.
    pub trusted_proxies: Vec<Network>,
    /// Maximum of public and onion connections together.
    pub max_connections: usize,
}

/// The routers behind the listeners.
pub(crate) struct Routers {
    /// The site, for the public and the onion's listeners.
    pub site: Router,
    /// The metrics, for their own listener.
    pub metrics: Router,
}

impl Listeners {
    /// Creates a plain public listener without a limit of connections.
    pub fn plain(public: TcpListener) -> Self {
        let (certificates, onion, metrics) = (None, None, None);
        Self { public, certificates, onion, metrics, trusted_proxies: Vec::new(), max_connections: usize::MAX }
    }

    /// Serves until `shutdown` ends. Requests under way then have [`SHUTDOWN_GRACE`] to finish.
    pub(crate) async fn serve(self, routers: Routers, connections: &Arc<Connections>, shutdown: impl Future<Output = ()>) {
        let (stop, stopped) = watch::channel(());
        let metrics_connections = Connections::new();
        let configured = |kind, router: &Router, connections: &Arc<Connections>, max_connections| Listener {
            kind,
            router: router.clone(),
            connections: Arc::clone(connections),
            max_connections,
            stopped: stopped.clone(),
        };
        let tls = self.certificates.as_ref().map(Certificates::current);
        let public = ListenerKind::Public { tls, trusted: self.trusted_proxies.into() };
        let public = configured(public, &routers.site, connections, self.max_connections);
        let mut listening = vec![tokio::spawn(public.accept_loop(self.public))];
        if let Some(listener) = self.onion {
            let onion = configured(ListenerKind::Onion, &routers.site, connections, self.max_connections);
            listening.push(tokio::spawn(onion.accept_loop(listener)));
        }
        if let Some(listener) = self.metrics {
            let metrics = configured(ListenerKind::Metrics, &routers.metrics, &metrics_connections, MAX_METRICS_CONNECTIONS);
            listening.push(tokio::spawn(metrics.accept_loop(listener)));
        }
        let maintenance = tokio::spawn(maintain(self.certificates, [Arc::clone(connections), metrics_connections]));

        shutdown.await;
        for listener in listening {
            listener.abort();
            let _ = listener.await;
        }
        drop(stopped);
        let _ = stop.send(());
        let _ = timeout(SHUTDOWN_GRACE, stop.closed()).await;
        maintenance.abort();
    }
}

/// Sweeps connections and reloads certificates, at intervals and at once on SIGHUP.
async fn maintain(mut certificates: Option<Certificates>, all: [Arc<Connections>; 2]) {
    let mut hangup = signal(SignalKind::hangup()).ok();
    loop {
        // Without signals, the interval remains.
        let _ = timeout(MAINTENANCE_INTERVAL, async {
            match &mut hangup {
                Some(hangup) => hangup.recv().await,
                None => std::future::pending().await,
            }
        })
        .await;
        for connections in &all {
            connections.sweep(Instant::now());
        }
        if let Some(certificates) = &mut certificates
            && let ReloadOutcome::StillBroken(error) = certificates.reload().await
        {
            let advice = error.help().map(|advice| advice.to_string());
            tracing::warn!(%error, advice, "the new certificate cannot be used; the old one stays in use");
        }
    }
}

/// The settings of one listener, shared by its connections.
#[derive(Clone)]
struct Listener {
    kind: ListenerKind,
    router: Router,
    connections: Arc<Connections>,
    max_connections: usize,
    stopped: watch::Receiver<()>,
}

#[derive(Clone)]
enum ListenerKind {
    Public { tls: Option<watch::Receiver<TlsAcceptor>>, trusted: Arc<[Network]> },
    Onion,
    Metrics,
}

impl Listener {
    async fn accept_loop(self, listener: TcpListener) {
        loop {
            let Ok((stream, from)) = listener.accept().await else {
                // The process is probably out of file descriptors.
                self.connections.evict_one();
                tokio::time::sleep(ACCEPT_BACKOFF).await;
                continue;
            };
            // Without a permit, the connection is closed unread.
            let Some(permit) = self.connections.acquire(self.max_connections, Instant::now()) else {
                continue;
            };
            let _ = stream.set_nodelay(true);
            let listener = self.clone();
            tokio::spawn(async move {
                let activity = Arc::clone(&permit.activity);
                tokio::select! {
                    () = listener.handshake(stream, from, permit) => {}
                    () = activity.ended() => {}
                }
            });
        }
    }

    async fn handshake(mut self, stream: TcpStream, from: SocketAddr, permit: ConnectionPermit) {
        let stream = TrackedStream { stream, activity: Arc::clone(&permit.activity) };
        let tls = match &self.kind {
            ListenerKind::Public { tls: Some(tls), .. } => Some(tls.borrow().clone()),
            _ => None,
        };
        let Some(tls) = tls else {
            return self.serve(stream, from.ip(), &permit).await;
        };
        tokio::select! {
            begun = timeout(HEADER_TIMEOUT, tls.accept(stream)) => if let Ok(Ok(stream)) = begun {
                self.serve(stream, from.ip(), &permit).await;
            },
            _ = self.stopped.changed() => {}
        }
    }

    async fn serve(self, stream: impl AsyncRead + AsyncWrite + Unpin, from: IpAddr, permit: &ConnectionPermit) {
        let Self { kind, router, mut stopped, .. } = self;
        let router = TowerToHyperService::new(router);
        let service = service_fn(|request| handle_request(&router, &kind, from, &permit.activity, request));
        let mut http = http1::Builder::new();
        http.timer(TokioTimer::new()).header_read_timeout(HEADER_TIMEOUT).max_buf_size(READ_BUFFER_BYTES);
        let mut connection = pin!(http.serve_connection(TokioIo::new(stream), service));
        // A connection that breaks is no error of the server.
        tokio::select! {
            _ = connection.as_mut() => {}
            _ = stopped.changed() => {
                connection.as_mut().graceful_shutdown();
                let _ = connection.await;
            }
        }
    }
}

/// Handles one request. It passes on the peer, and removes every other trace of the client's address.
async fn handle_request(
    router: &TowerToHyperService<Router>,
    kind: &ListenerKind,
    from: IpAddr,
    activity: &Arc<Activity>,
    request: hyper::Request<Incoming>,
) -> io::Result<hyper::Response<Body>> {
    activity.request_started(Instant::now());
    let mut request = request.map(|body| Body::new(TrackedRequestBody { body, activity: Arc::clone(activity) }));
    let peer = match kind {
        ListenerKind::Public { trusted, .. } => Peer::Address(client_ip::client_ip(from, request.headers(), trusted)),
        ListenerKind::Onion => Peer::Onion,
        ListenerKind::Metrics => Peer::Address(from.to_canonical()),
    };
    client_ip::remove_forwarding_headers(request.headers_mut());
    request.extensions_mut().insert(peer);
    let Ok(response) = router.call(request).await;
    activity.mark_waiting();
    Ok(response.map(|body| Body::new(TrackedResponseBody { body, activity: Arc::clone(activity) })))
}

#[cfg(test)]
mod tests;
