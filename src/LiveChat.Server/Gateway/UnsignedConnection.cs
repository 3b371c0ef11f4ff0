using System.Net;
using Microsoft.AspNetCore.Http;

namespace LiveChat.Server.Gateway;

/// <summary>
/// The place of a connection that has not signed in: it ends with the sign-in, or with the connection, which the
/// deadline cuts. Any thread.
/// </summary>
internal sealed class UnsignedConnection : IDisposable
{
    private readonly IPAddress _counted;
    private readonly Action _cut;
    private readonly ITimer _deadline;
    private AddressGate? _gate;

    public UnsignedConnection(
        AddressGate gate, IPAddress counted, Action cut, TimeSpan within, TimeProvider time)
    {
        (_gate, _counted, _cut) = (gate, counted, cut);
        _deadline = time.CreateTimer(
            static state => ((UnsignedConnection)state!).Cut(), this, within, Timeout.InfiniteTimeSpan);
    }

    /// <summary>Notes that the request showed a good token: its connection has no limit from here on.</summary>
    public static void SignIn(HttpContext context) => context.Features.Get<UnsignedConnection>()?.Dispose();

    public void Dispose()
    {
        if (Interlocked.Exchange(ref _gate, null) is not { } gate) return;
        _deadline.Dispose();
        gate.Leave(_counted);
    }

    private void Cut()
    {
        if (Volatile.Read(ref _gate) is not null) _cut();
    }
}
