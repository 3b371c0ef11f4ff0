namespace LiveChat.Client;

/// <summary>
/// Commands to one chat go one after the other, in the order of the calls: were two on their way and the first had to
/// be repeated, the second would get the earlier place. Chats do not wait for each other. Any thread.
/// </summary>
internal sealed class ChatOrder
{
    private readonly Lock _lock = new();
    private readonly Dictionary<string, Task> _last = [];

    public async Task<T> RunAsync<T>(string chat, Func<Task<T>> command, CancellationToken cancellationToken)
    {
        var mine = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        Task before;
        lock (_lock)
        {
            before = _last.GetValueOrDefault(chat, Task.CompletedTask);
            _last[chat] = mine.Task;
        }

        try
        {
            await before.WaitAsync(cancellationToken).ConfigureAwait(false);
            return await command().ConfigureAwait(false);
        }
        finally
        {
            // Whoever gives up waiting still holds the place: those behind wait for those before.
            if (before.IsCompleted) Leave(chat, mine);
            else _ = before.ContinueWith(_ => Leave(chat, mine), TaskScheduler.Default);
        }
    }

    private void Leave(string chat, TaskCompletionSource mine)
    {
        lock (_lock)
        {
            if (_last[chat] == mine.Task) _last.Remove(chat);
        }

        mine.SetResult();
    }
}
