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
use super::connections::{Activity, Connections, Place};
use super::tls::{Certificates, Look};
use super::tracked_io::{Received, Sent, Watched};

/// A head that is not complete by then is not going to be; it is also how long a connection may idle, and how long TLS may
/// take to begin.
const HEAD_TIMEOUT: Duration = Duration::from_secs(30);
/// What one connection may hold of what it has read: uploads are many, and slow.
const READ_BUFFER_BYTES: usize = 32 * 1024;
/// How long requests under way may take when the server is told to stop.
const LAST_REQUESTS: Duration = Duration::from_secs(10);
/// Between two looks at the connections, and at the certificate's files.
const LOOK_EVERY: Duration = Duration::from_secs(5);
/// Whoever reads metrics needs one or two.
const METRICS_CONNECTIONS: usize = 16;
/// Before another connection is accepted where the last could not be.
const BREATH: Duration = Duration::from_millis(50);

/// Where people come in.
pub struct Doors {
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

impl Doors {
    /// One listener, in the clear, and as many connections as come.
    pub fn plain(public: TcpListener) -> Self {
        let (certificates, onion, metrics) = (None, None, None);
        Self { public, certificates, onion, metrics, trusted_proxies: Vec::new(), max_connections: usize::MAX }
    }

    /// Lets people in until `shutdown` ends, and then those inside finish, for a few seconds.
    pub(crate) async fn open(self, routers: Routers, connections: &Arc<Connections>, shutdown: impl Future<Output = ()>) {
        let (stop, stopped) = watch::channel(());
        let metrics_connections = Connections::new();
        let door = |kind, router: &Router, connections: &Arc<Connections>, most| Door {
            kind,
            router: router.clone(),
            connections: Arc::clone(connections),
            most,
            stopped: stopped.clone(),
        };
        let tls = self.certificates.as_ref().map(Certificates::current);
        let public = Kind::Public { tls, trusted: self.trusted_proxies.into() };
        let mut listening = vec![tokio::spawn(door(public, &routers.site, connections, self.max_connections).attend(self.public))];
        if let Some(listener) = self.onion {
            let onion = door(Kind::Onion, &routers.site, connections, self.max_connections);
            listening.push(tokio::spawn(onion.attend(listener)));
        }
        if let Some(listener) = self.metrics {
            let metrics = door(Kind::Metrics, &routers.metrics, &metrics_connections, METRICS_CONNECTIONS);
            listening.push(tokio::spawn(metrics.attend(listener)));
        }
        let watching = tokio::spawn(look(self.certificates, [Arc::clone(connections), metrics_connections]));

        shutdown.await;
        for listener in listening {
            listener.abort();
            let _ = listener.await;
        }
        drop(stopped);
        let _ = stop.send(());
        let _ = timeout(LAST_REQUESTS, stop.closed()).await;
        watching.abort();
    }
}

/// Ends who is silent, and reads certificates again: every few seconds, and at once on SIGHUP.
async fn look(mut certificates: Option<Certificates>, all: [Arc<Connections>; 2]) {
    let mut hangup = signal(SignalKind::hangup()).ok();
    loop {
        // Without signals there are still the seconds.
        let _ = timeout(LOOK_EVERY, async {
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
            && let Look::StillBroken(error) = certificates.look().await
        {
            tracing::warn!(%error, "the new certificate cannot be used; the old one stays in use");
        }
    }
}

/// What holds for all who come through one listener.
#[derive(Clone)]
struct Door {
    kind: Kind,
    router: Router,
    connections: Arc<Connections>,
    most: usize,
    stopped: watch::Receiver<()>,
}

#[derive(Clone)]
enum Kind {
    Public { tls: Option<watch::Receiver<TlsAcceptor>>, trusted: Arc<[Network]> },
    Onion,
    Metrics,
}

impl Door {
    async fn attend(self, listener: TcpListener) {
        loop {
            let Ok((stream, from)) = listener.accept().await else {
                // Out of descriptors, most likely.
                self.connections.make_room();
                tokio::time::sleep(BREATH).await;
                continue;
            };
            // Where there is no place, the connection is closed unheard.
            let Some(place) = self.connections.enter(self.most, Instant::now()) else {
                continue;
            };
            let _ = stream.set_nodelay(true);
            let door = self.clone();
            tokio::spawn(async move {
                let activity = Arc::clone(&place.activity);
                tokio::select! {
                    () = door.admit(stream, from, place) => {}
                    () = activity.ended() => {}
                }
            });
        }
    }

    async fn admit(mut self, stream: TcpStream, from: SocketAddr, place: Place) {
        let stream = Watched { stream, activity: Arc::clone(&place.activity) };
        let tls = match &self.kind {
            Kind::Public { tls: Some(tls), .. } => Some(tls.borrow().clone()),
            _ => None,
        };
        let Some(tls) = tls else {
            return self.serve(stream, from.ip(), &place).await;
        };
        tokio::select! {
            begun = timeout(HEAD_TIMEOUT, tls.accept(stream)) => if let Ok(Ok(stream)) = begun {
                self.serve(stream, from.ip(), &place).await;
            },
            _ = self.stopped.changed() => {}
        }
    }

    async fn serve(self, stream: impl AsyncRead + AsyncWrite + Unpin, from: IpAddr, place: &Place) {
        let Self { kind, router, mut stopped, .. } = self;
        let router = TowerToHyperService::new(router);
        let service = service_fn(|request| answer(&router, &kind, from, &place.activity, request));
        let mut http = http1::Builder::new();
        http.timer(TokioTimer::new()).header_read_timeout(HEAD_TIMEOUT).max_buf_size(READ_BUFFER_BYTES);
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
async fn answer(
    router: &TowerToHyperService<Router>,
    kind: &Kind,
    from: IpAddr,
    activity: &Arc<Activity>,
    request: hyper::Request<Incoming>,
) -> io::Result<hyper::Response<Body>> {
    activity.asked(Instant::now());
    let mut request = request.map(|body| Body::new(Received { body, activity: Arc::clone(activity) }));
    let peer = match kind {
        Kind::Public { trusted, .. } => Peer::Address(client_ip::behind(from, request.headers(), trusted)),
        Kind::Onion => Peer::Onion,
        Kind::Metrics => Peer::Address(from.to_canonical()),
    };
    client_ip::forget(request.headers_mut());
    request.extensions_mut().insert(peer);
    let Ok(response) = router.call(request).await;
    activity.waiting();
    Ok(response.map(|body| Body::new(Sent { body, activity: Arc::clone(activity) })))
}

#[cfg(test)]
mod tests;
