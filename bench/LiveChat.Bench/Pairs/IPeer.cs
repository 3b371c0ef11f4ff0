namespace LiveChat.Bench.Pairs;

/// <summary>A server under load, in a process of its own, and how to speak with it.</summary>
internal interface IPeer : IAsyncDisposable
{
    string Name { get; }

    /// <summary>Processor time of the server, and of the database that works for it alone.</summary>
    TimeSpan Cpu { get; }

    /// <summary>A chat whose members are all connected.</summary>
    Task<IReadOnlyList<LoadDevice>> OpenChatAsync(string name, int members, CancellationToken stop);
}
