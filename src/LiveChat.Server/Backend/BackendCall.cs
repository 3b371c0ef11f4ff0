using LiveChat.Protocol.Ids;

namespace LiveChat.Server.Backend;

/// <summary>A request of a backend, as its handler sees it.</summary>
/// <param name="User">Whom the path names; nobody where it names none.</param>
/// <param name="Thing">What the path names: a device, a session, a key or a chat.</param>
/// <param name="Body">The record of the body; absent where there is none.</param>
/// <param name="Aborted">Ends when nobody waits for the answer any more.</param>
internal sealed record BackendCall(UserId User, string Thing, object? Body, CancellationToken Aborted)
{
    /// <summary>The body of a route that has one.</summary>
    public T BodyAs<T>()
        where T : class => (T)Body!;
}
