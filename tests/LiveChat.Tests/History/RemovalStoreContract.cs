using LiveChat.Protocol.Ids;

namespace LiveChat.Tests.History;

/// <summary>A store from which something is removed that others have too: two chats and two users of a test's own.
/// </summary>
public abstract class RemovalStoreContract : StoreContract
{
    private const int ChatsOfTest = 10;
    private static int _tests;

    /// <summary>In front of every name: implementations may keep what other tests wrote.</summary>
    private readonly string _test;

    private protected RemovalStoreContract(string word, ulong firstChat)
    {
        var test = Interlocked.Increment(ref _tests);
        var chat = firstChat + (ulong)(test * ChatsOfTest);
        (_test, Chat, Other) = ($"{word}-{test}-", new ChatId(chat), new ChatId(chat + 1));
    }

    private protected ChatId Chat { get; }

    private protected ChatId Other { get; }

    private protected UserId Ann => User("ann");

    /// <summary>Whose name begins as that of another user.</summary>
    private protected UserId Anna => User("anna");

    private protected UserId User(string name) => UserId.Parse(_test + name);

    private protected bool IsOfTest(UserId user) => user.Value.StartsWith(_test, StringComparison.Ordinal);
}
