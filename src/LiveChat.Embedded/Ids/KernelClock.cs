using System.Runtime.InteropServices;

namespace LiveChat.Embedded.Ids;

/// <summary>What the kernel says of its clock.</summary>
internal static partial class KernelClock
{
    /// <summary>TIME_ERROR of adjtimex(2): the clock is not synchronized.</summary>
    private const int NotSynchronized = 5;

    /// <summary>More than struct timex has on any Linux. Its first field, zero, asks for no change.</summary>
    private const int TimexBytes = 512;

    /// <summary>Whether somebody keeps the clock right; null where that cannot be asked.</summary>
    public static bool? IsSynchronized()
    {
        if (!OperatingSystem.IsLinux()) return null;
        Span<byte> timex = stackalloc byte[TimexBytes];
        timex.Clear();
        var state = Ask(timex);
        return state < 0 ? null : state != NotSynchronized;
    }

    [LibraryImport("libc", EntryPoint = "adjtimex")]
    private static partial int Ask(Span<byte> timex);
}
