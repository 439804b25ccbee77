//! A server on loopback, in a thread of its own.

use std::{
    fmt, io,
    net::{Ipv4Addr, SocketAddr, TcpListener},
    thread,
};

use axum::Router;
use futures::channel::oneshot;

/// A server on loopback, in a thread of its own. It stops when it is dropped.
pub(super) struct Server {
    address: SocketAddr,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<thread::JoinHandle<()>>,
}

impl Server {
    /// Listens at that port; 0 lets the system choose. `name` is the thread's. What answers is made when the address is known.
    pub(super) fn start(
        name: &str,
        port: u16,
        router: impl FnOnce(SocketAddr) -> Router,
    ) -> io::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port))?;
        listener.set_nonblocking(true)?;
        let address = listener.local_addr()?;
        let (stop, stopped) = oneshot::channel();
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let serving = serve(router(address), listener, stopped);
        let thread = thread::Builder::new().name(name.to_owned()).spawn(move || runtime.block_on(serving))?;
        Ok(Self { address, stop: Some(stop), thread: Some(thread) })
    }

    /// Scheme, host and port.
    pub(super) fn origin(&self) -> String {
        format!("http://{}", self.address)
    }
}

async fn serve(router: Router, listener: TcpListener, stopped: oneshot::Receiver<()>) {
    let Ok(listener) = tokio::net::TcpListener::from_std(listener) else { return };
    // Connections that are open are not waited for: a test that ends must not hang.
    let serving = std::pin::pin!(async move { axum::serve(listener, router).await });
    let _ = futures::future::select(serving, stopped).await;
}

impl Drop for Server {
    fn drop(&mut self) {
        // Dropping the sender tells it, too; a thread that panicked has said so.
        self.stop.take();
        if let Some(thread) = self.thread.take() {
            drop(thread.join());
        }
    }
}

impl fmt::Debug for Server {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Server({})", self.address)
    }
}
