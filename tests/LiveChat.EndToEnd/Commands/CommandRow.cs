using LiveChat.Cli;

namespace LiveChat.EndToEnd.Commands;

/// <summary>A command and how it ends in each state of the world: its exit codes.</summary>
/// <param name="Line">What is typed; <c>{…}</c> stands for the places of one test.</param>
/// <param name="Done">After it did its work.</param>
/// <param name="NoReader">When nobody reads its output.</param>
/// <param name="NoServer">When no server is there; null when it needs none.</param>
/// <param name="IsInterruptible">Whether it waits for anything, so that a signal can meet it.</param>
internal sealed record CommandRow(string Line, int Done, int NoReader, int? NoServer, bool IsInterruptible = true)
{
    private const string Client = " --user ann --url {url} --data {data} --wait {wait}";
    private const string Operator = " --internal {internal} --data {data} --wait {wait}";

    private const string Target = " --url {url} --internal {internal} --data {data} --wait {wait}";
    private const int NotReachable = ExitCode.NotReachable;
    private const string Load = " --seconds 1 --warm-up 0" + Target;

    /// <summary>Every command of <c>livechat</c>.</summary>
    public static readonly IReadOnlyList<CommandRow> All =
    [
        new("token --user ann --data {data}", ExitCode.Ok, ExitCode.NoReader, NoServer: null, IsInterruptible: false),
        new("key create backend" + Operator, ExitCode.Ok, ExitCode.NoReader, NotReachable),
        new("key list" + Operator, ExitCode.Ok, ExitCode.NoReader, NotReachable),

        // There is no such chat.
        new("chat delete 77 --yes" + Operator, ExitCode.Refused, ExitCode.Refused, NotReachable),

        new("user erase gone --yes" + Operator, ExitCode.Ok, ExitCode.NoReader, NotReachable),
        new("user erasure gone" + Operator, ExitCode.Ok, ExitCode.NoReader, NotReachable),

        // It has nothing to write.
        new("key revoke {key}" + Operator, ExitCode.Ok, ExitCode.Ok, NotReachable),
        // The folder is a running server's, which it leaves alone.
        new("rebuild-history --data {data} --accept-loss", ExitCode.Usage, ExitCode.Usage, NoServer: null)
        {
            IsInterruptible = false,
        },
        new("backup create {backups}" + Operator, ExitCode.Ok, ExitCode.NoReader, NoServer: null),
        new("backup list {backups}", ExitCode.Ok, ExitCode.NoReader, NoServer: null, IsInterruptible: false),
        new("backup verify {backups}", ExitCode.Ok, ExitCode.NoReader, NoServer: null, IsInterruptible: false),
        new("backup restore {backups} --data {restored}", ExitCode.Ok, ExitCode.NoReader, NoServer: null)
        {
            IsInterruptible = false,
        },
        new("export {export} --backups {backups}", ExitCode.Ok, ExitCode.NoReader, NoServer: null)
        {
            IsInterruptible = false,
        },
        new("import {export} --data {imported}", ExitCode.Ok, ExitCode.NoReader, NoServer: null)
        {
            IsInterruptible = false,
        },
        // There is no cluster here; MoveTests has one.
        new("move --from {data} --data {fresh}", ExitCode.Usage, ExitCode.Usage, NoServer: null)
        {
            IsInterruptible = false,
        },
        // Of a stopped server it shows the folder.
        new("status" + Operator, ExitCode.Ok, ExitCode.NoReader, NoServer: null),
        new("doctor --data {data} --internal {internal}", ExitCode.Ok, ExitCode.NoReader, NoServer: null)
        {
            IsInterruptible = false,
        },
        new("config check --data {data}", ExitCode.Ok, ExitCode.NoReader, NoServer: null, IsInterruptible: false),
        new("config show --data {data}", ExitCode.Ok, ExitCode.NoReader, NoServer: null, IsInterruptible: false),
        new("config docs", ExitCode.Ok, ExitCode.NoReader, NoServer: null, IsInterruptible: false),
        new("chats" + Client, ExitCode.Ok, ExitCode.NoReader, NotReachable),
        new("history @bob" + Client, ExitCode.Ok, ExitCode.NoReader, NotReachable),
        new("send @bob hi" + Client, ExitCode.Ok, ExitCode.NoReader, NotReachable),
        new("send @bob" + Client, ExitCode.Ok, ExitCode.NoReader, NotReachable),
        new("chat --with bob" + Client, ExitCode.Ok, ExitCode.NoReader, NotReachable),
        new("tail" + Client, ExitCode.Interrupted, ExitCode.NoReader, NotReachable) { RunsOn = "connected" },
        new("bench pairs --chats 1 --rate 20" + Load, ExitCode.Ok, ExitCode.NoReader, NotReachable),
        new("bench group --members 3 --senders 1 --rate 20" + Load, ExitCode.Ok, ExitCode.NoReader, NotReachable),
        new("bench pull-group --members 60" + Load, ExitCode.Ok, ExitCode.NoReader, NotReachable),
        new("bench idle --sessions 2 --seconds 1" + Target, ExitCode.Ok, ExitCode.NoReader, NotReachable),
        new("bench history --chats 1 --messages 5" + Load, ExitCode.Ok, ExitCode.NoReader, NotReachable),
        new("bench storm --sessions 3" + Target, ExitCode.Ok, ExitCode.NoReader, NotReachable),
        new("serve --listen {free} --data {fresh}", ExitCode.Ok, ExitCode.Ok, NoServer: null) { RunsOn = "Ready." },
    ];

    /// <summary>What it says once it does its work, for those that do so until they are told to stop.</summary>
    public string? RunsOn { get; init; }

    /// <summary>The words in front of the arguments.</summary>
    public string Name => Line.Split(' ')
        is ["key" or "user" or "config" or "backup" or "bench", ..] or ["chat", "delete", ..]
        ? string.Join(' ', Line.Split(' ').Take(2))
        : Line.Split(' ')[0];

    /// <summary>The exit code after a signal: a server stops in order.</summary>
    public int After(string signal) => RunsOn == "Ready." ? ExitCode.Ok
        : signal == "INT" ? ExitCode.Interrupted
        : ExitCode.Terminated;
}
