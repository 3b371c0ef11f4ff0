using System.Threading.Channels;
using LiveChat.Client;

namespace LiveChat.Cli.Chat;

/// <summary>
/// What a session has to do: actions on the model, which one loop takes from a bounded queue, and commands that run
/// beside it. Any thread posts and starts; the lock keeps the commands.
/// </summary>
internal sealed class ChatWork(ChatModel model)
{
    // Full: who puts something in waits, which slows the event reader and the input, not the loop.
    private readonly Channel<Action> _actions = Channel.CreateBounded<Action>(new BoundedChannelOptions(1024)
    {
        FullMode = BoundedChannelFullMode.Wait,
        SingleReader = true,
        SingleWriter = false,
        AllowSynchronousContinuations = false,
    });

    private readonly Lock _lock = new();
    private readonly List<Task> _commands = [];

    /// <summary>For the loop.</summary>
    public ChannelReader<Action> Actions => _actions.Reader;

    /// <summary>The commands that have not ended.</summary>
    public IReadOnlyList<Task> Commands
    {
        get
        {
            lock (_lock) return [.. _commands];
        }
    }

    /// <summary>The loop ends when it has done what is posted.</summary>
    public void End() => _actions.Writer.TryComplete();

    /// <summary>Waits for room.</summary>
    public async Task PostAsync(Action action, CancellationToken cancellationToken)
    {
        try
        {
            await _actions.Writer.WriteAsync(action, cancellationToken);
        }
        catch (ChannelClosedException)
        {
            // The session ends.
        }
    }

    /// <summary>From the client's handlers, which must not wait.</summary>
    public void PostSoon(Action action, CancellationToken cancellationToken)
    {
        if (!_actions.Writer.TryWrite(action)) Start(() => PostAsync(action, cancellationToken));
    }

    /// <summary>Runs a command beside the loop; a refusal is shown.</summary>
    public Task Start(Func<Task> command)
    {
        var running = RunAsync(command);
        lock (_lock)
        {
            _commands.RemoveAll(former => former.IsCompleted);
            _commands.Add(running);
        }

        return running;
    }

    /// <summary>Runs a command for the user's convenience: its refusal is no reason to bother the user.</summary>
    public void StartQuietly(Func<Task> command) => Start(async () =>
    {
        try
        {
            await command();
        }
        catch (LiveChatRefusedException)
        {
            // Nothing is shown until the chat is opened again.
        }
    });

    private async Task RunAsync(Func<Task> command)
    {
        try
        {
            await command();
        }
        catch (Exception failed) when (failed is LiveChatRefusedException or InvalidDataException)
        {
            await PostAsync(() => model.Say($"The server refused it: {failed.Message}"), CancellationToken.None);
        }
        catch (Exception over) when (over is OperationCanceledException or LiveChatStoppedException
            or ChannelClosedException)
        {
            // The session ends.
        }
    }
}
