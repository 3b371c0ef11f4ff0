using System.Globalization;
using System.Runtime.InteropServices;

namespace LiveChat.Bench.Sockets;

/// <summary>Processes of this machine: what they used, and how they stand still for a while. Linux.</summary>
internal static partial class Processes
{
    private const int Continue = 18;
    private const int Stop = 19;
    private const int MsOfTick = 10; // 100 ticks a second, on every Linux of today.

    /// <summary>SIGSTOP.</summary>
    public static void StandStill(IEnumerable<int> processes) => Signal(processes, Stop);

    /// <summary>SIGCONT.</summary>
    public static void GoOn(IEnumerable<int> processes) => Signal(processes, Continue);

    /// <summary>Processor time of all threads of a process, in user mode and in the kernel; none of one that has ended.
    /// </summary>
    public static TimeSpan CpuOf(int process) => StatOf(process) is { Length: > 0 } stat
        ? TimeSpan.FromMilliseconds((Number(stat[13]) + Number(stat[14])) * MsOfTick)
        : TimeSpan.Zero;

    /// <summary>The processes whose parent is this one.</summary>
    public static IReadOnlyList<int> ChildrenOf(int process) =>
    [
        .. Directory.EnumerateDirectories("/proc")
            .Select(static folder => int.TryParse(Path.GetFileName(folder), out var id) ? id : 0)
            .Where(id => id > 0 && StatOf(id) is { Length: > 0 } stat && Number(stat[3]) == process),
    ];

    /// <summary>Workers of a database come and go: one that has ended needs no signal.</summary>
    private static void Signal(IEnumerable<int> processes, int signal)
    {
        foreach (var process in processes)
            if (Kill(process, signal) != 0 && StatOf(process) is { Length: > 0 })
                throw new InvalidOperationException($"The process {process} cannot be signalled.");
    }

    /// <summary>The fields of <c>/proc/N/stat</c>, numbered from 0. The second one may hold spaces, which the last
    /// bracket ends.</summary>
    private static string[] StatOf(int process)
    {
        try
        {
            var text = File.ReadAllText($"/proc/{process}/stat");
            return [$"{process}", "", .. text[(text.LastIndexOf(')') + 2)..].Split(' ')];
        }
        catch (IOException)
        {
            return [];
        }
    }

    private static long Number(string text) => long.Parse(text, CultureInfo.InvariantCulture);

    [LibraryImport("libc", EntryPoint = "kill", SetLastError = true)]
    private static partial int Kill(int process, int signal);
}
