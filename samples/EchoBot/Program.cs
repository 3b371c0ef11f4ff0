using EchoBot;
using LiveChat.Client;

// Connects as the user "echo" and answers until Ctrl+C.
if (args is not [var url, var file] || Environment.GetEnvironmentVariable("LIVECHAT_KEY") is not { Length: > 0 } key)
{
    Console.Error.WriteLine("Usage: LIVECHAT_KEY=lcs_… EchoBot http://127.0.0.1:8080 PROGRESS-FILE");
    return 2;
}

using var stop = new CancellationTokenSource();
Console.CancelKeyPress += (_, pressed) =>
{
    pressed.Cancel = true;
    stop.Cancel();
};

var server = new Uri(url);
using var backend = new Backend(server, key);
await using var client = new LiveChatClient(new LiveChatClientOptions
{
    Endpoint = server,
    Device = "bot",
    TokenProvider = cancellationToken => backend.TokenAsync("echo", "bot", cancellationToken),
});
try
{
    await new Bot(client, Progress.Load(file), Console.Out).RunAsync(stop.Token);
    return 0;
}
catch (OperationCanceledException) when (stop.IsCancellationRequested)
{
    return 0;
}
catch (LiveChatStoppedException stopped)
{
    Console.Error.WriteLine($"The server does not take the bot: {stopped.Message} (code {stopped.Code}).");
    return 1;
}
