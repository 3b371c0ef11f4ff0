using LiveChat.Loads.Chats;

namespace LiveChat.Bench.Pairs;

/// <summary>A server under load, in a process of its own, and how to speak with it.</summary>
internal interface IPeer : IAsyncDisposable
{
    string Name { get; }

    /// <summary>Processor time of the server, and of the services or the proxy that work for it alone.</summary>
    TimeSpan Cpu { get; }

    /// <summary>A chat whose members are all connected.</summary>
    Task<IReadOnlyList<LoadDevice>> OpenChatAsync(string name, int members, CancellationToken stop);

    /// <summary>The server and its services do nothing until <see cref="GoOnAsync"/>: another one is measured.
    /// </summary>
    void StandStill();

    /// <summary>All of it runs again, and is as it was when this returns.</summary>
    Task GoOnAsync(CancellationToken stop);

    /// <summary>Records that were taken and are not stored in history yet; 0 of a server that stores a message before
    /// it tells anybody.</summary>
    Task<long> BehindAsync(CancellationToken stop);
}
