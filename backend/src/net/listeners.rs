//! The listeners, and everybody who comes in through them.

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

/// A head that is not complete by then is not going to be; it is also how long a connection may idle, and how long TLS may
/// take to begin.
const HEADER_TIMEOUT: Duration = Duration::from_secs(30);
/// What one connection may hold of what it has read: uploads are many, and slow.
const READ_BUFFER_BYTES: usize = 32 * 1024;
/// How long requests under way may take when the server is told to stop.
const SHUTDOWN_GRACE: Duration = Duration::from_secs(10);
/// Between two looks at the connections, and at the certificate's files.
const MAINTENANCE_INTERVAL: Duration = Duration::from_secs(5);
/// Whoever reads metrics needs one or two.
const MAX_METRICS_CONNECTIONS: usize = 16;
/// Before another connection is accepted where the last could not be.
const ACCEPT_BACKOFF: Duration = Duration::from_millis(50);

/// Where people come in.
pub struct Listeners {
    /// For everybody.
    pub public: TcpListener,
    /// TLS for [`Doors::public`]; without, it speaks plain HTTP to a proxy in front of it.
    pub certificates: Option<Certificates>,
    /// For the onion service: everybody there is [`Peer::Onion`].
    pub onion: Option<TcpListener>,
    /// For metrics, and nothing else.
    pub metrics: Option<TcpListener>,
    /// Whose `X-Forwarded-For` is believed.
    pub trusted_proxies: Vec<Network>,
    /// The public ones and the onion's together.
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
    /// One listener, in the clear, and as many connections as come.
    pub fn plain(public: TcpListener) -> Self {
        let (certificates, onion, metrics) = (None, None, None);
        Self { public, certificates, onion, metrics, trusted_proxies: Vec::new(), max_connections: usize::MAX }
    }

    /// Lets people in until `shutdown` ends, and then those inside finish, for a few seconds.
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

/// Ends who is silent, and reads certificates again: every few seconds, and at once on SIGHUP.
async fn maintain(mut certificates: Option<Certificates>, all: [Arc<Connections>; 2]) {
    let mut hangup = signal(SignalKind::hangup()).ok();
    loop {
        // Without signals there are still the seconds.
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
            tracing::warn!(%error, advice = error.advice(), "the new certificate cannot be used; the old one stays in use");
        }
    }
}

/// What holds for all who come through one listener.
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
                // Out of descriptors, most likely.
                self.connections.evict_one();
                tokio::time::sleep(ACCEPT_BACKOFF).await;
                continue;
            };
            // Where there is no place, the connection is closed unheard.
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
        // That somebody hung up is nobody's business.
        tokio::select! {
            _ = connection.as_mut() => {}
            _ = stopped.changed() => {
                connection.as_mut().graceful_shutdown();
                let _ = connection.await;
            }
        }
    }
}

/// One request: who sent it goes with it, and no more of that.
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
