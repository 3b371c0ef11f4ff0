using LiveChat.Cli.Text;
using LiveChat.Protocol.Frames;

namespace LiveChat.Cli.Chat;

/// <summary>
/// Lines in, lines out: for pipes and for terminals that cannot be drawn on. The connection and other remarks go to
/// standard error, so that standard output holds the conversation alone.
/// </summary>
internal sealed class PlainView(TextReader input, TextWriter output, TextWriter remarks, bool isJson, TimeProvider time)
    : IChatView
{
    private static readonly TimeSpan CommandTimeout = TimeSpan.FromMinutes(1);

    private IReadOnlyList<string> _info = [];
    private string _connection = "";
    private string? _trouble;
    private string _presence = "";

    public void Show(ChatModel model)
    {
        if (model.Connection != _connection)
        {
            _connection = model.Connection;
            remarks.WriteLine("* " + (_connection.Length > 0 ? _connection : "connected"));
        }

        if (model.TroubleReason != _trouble)
        {
            _trouble = model.TroubleReason;
            if (_trouble is not null) remarks.WriteLine("* " + model.Trouble);
        }

        if (model.Open?.PresenceText() is { Length: > 0 } presence)
        {
            var line = $"* {model.NameOf(model.Open)} ({presence})";
            if (line != _presence) remarks.WriteLine(_presence = line);
        }

        if (!ReferenceEquals(model.Info, _info))
        {
            _info = model.Info;
            foreach (var line in _info) remarks.WriteLine("* " + line);
        }
    }

    public void Happened(ChatModel model, ChatEvent happened)
    {
        var chat = happened.Chat == model.Open?.Chat ? "" : $"[{model.NameOf(model.Chat(happened.Chat))}] ";
        output.WriteLine(isJson ? JsonLine.Frame(happened) : $"{chat}#{happened.Seq} {EventText.What(happened)}");
        output.Flush();
    }

    public async Task ReadAsync(ChatSession session, CancellationToken cancellationToken)
    {
        // A script's next line counts on what the former one began.
        await session.Started.WaitAsync(cancellationToken);
        while (await input.ReadLineAsync(cancellationToken) is { } line)
        {
            if (line.Length == 0) continue;
            var command = await session.SubmitAsync(line, cancellationToken);
            await command.WaitAsync(CommandTimeout, time, cancellationToken);
        }
    }

    public void Dispose()
    {
    }
}
