namespace SignalRPostgres;

/// <summary>Numbers the messages of a chat and keeps them.</summary>
internal interface IMessageStore
{
    Task CreateAsync(long chat);

    /// <summary>The number of the message in its chat, the former one when this client id came before.</summary>
    Task<long> AddAsync(long chat, string sender, Guid clientId, string text, CancellationToken cancellationToken);
}
