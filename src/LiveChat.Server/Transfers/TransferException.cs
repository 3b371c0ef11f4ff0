using LiveChat.Server.Backups;

namespace LiveChat.Server.Transfers;

/// <summary>A move, an export or an import was not done; the message says why and what to do. Nothing half-done is
/// taken for whole.</summary>
/// <param name="fault">Whose fault it is.</param>
/// <param name="message">A sentence for the operator.</param>
/// <param name="inner">The cause.</param>
public sealed class TransferException(BackupFault fault, string message, Exception? inner = null)
    : Exception(message, inner)
{
    /// <summary>Whose fault it is.</summary>
    public BackupFault Fault => fault;
}
