using System.Runtime.InteropServices;

namespace LiveChat.Cli.Chat;

/// <summary>Stops this process as Ctrl+Z does by default: the runtime does not, once SIGTSTP has a handler.</summary>
internal static partial class JobControl
{
    private const int LinuxStop = 19;
    private const int BsdStop = 17;

    /// <summary>Returns when the process was told to go on.</summary>
    public static void Stop() => _ = Kill(
        Environment.ProcessId, OperatingSystem.IsMacOS() || OperatingSystem.IsFreeBSD() ? BsdStop : LinuxStop);

    [LibraryImport("libc", EntryPoint = "kill")]
    private static partial int Kill(int process, int signal);
}
