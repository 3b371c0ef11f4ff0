using System.Buffers.Binary;
using System.IO.Hashing;
using System.Text;
using LiveChat.Core.Ids;

namespace LiveChat.Embedded.Ids;

/// <summary>
/// The high-water mark of a node whose id is leased, in the file <c>node-lease</c> of the data folder:
/// <code>
/// magic(4) node(4) number of the write(8) mark(8, Unix ms) incarnation(16) place(8), in the slots of a SlotFile
/// </code>
/// The file is locked while it is open. It counts only where it was written: <c>place</c> is a hash of the machine and
/// the folder's path, so that a copy of the folder answers nothing, and neither does a folder on a network drive, whose
/// lock another machine may not see. One thread at a time.
/// </summary>
internal sealed class HighWaterFile : IHighWater, IDisposable
{
    public const string FileName = "node-lease";

    private const int ValueLength = 48;
    private const uint Magic = 0x4C43_4E32;
    private const string MachineId = "/etc/machine-id";

    private readonly SlotFile _file;
    private readonly ulong _place;
    private readonly bool _isLocal;
    private long _number;

    private HighWaterFile(SlotFile file, ulong place, bool isLocal) =>
        (_file, _place, _isLocal) = (file, place, isLocal);

    /// <exception cref="DataFolderException">Another process holds it.</exception>
    public static HighWaterFile Open(DataFolder folder) =>
        new(
            new SlotFile(folder.OpenLocked(FileName), ValueLength),
            PlaceOf(folder.Path),
            new DriveInfo(folder.Path).DriveType is not DriveType.Network);

    public HighWater? Read()
    {
        if (_file.Read(NumberOf) is not { } value) return null;
        _number = NumberOf(value)!.Value;
        if (!_isLocal || BinaryPrimitives.ReadUInt64BigEndian(value.AsSpan(40)) != _place) return null;
        return new HighWater(
            BinaryPrimitives.ReadInt32BigEndian(value.AsSpan(4)),
            new Guid(value.AsSpan(24, 16), bigEndian: true),
            BinaryPrimitives.ReadInt64BigEndian(value.AsSpan(16)));
    }

    public void Write(HighWater mark)
    {
        Span<byte> value = stackalloc byte[ValueLength];
        BinaryPrimitives.WriteUInt32BigEndian(value, Magic);
        BinaryPrimitives.WriteInt32BigEndian(value[4..], mark.Node);
        BinaryPrimitives.WriteInt64BigEndian(value[8..], ++_number);
        BinaryPrimitives.WriteInt64BigEndian(value[16..], mark.MarkMs);
        mark.Incarnation.TryWriteBytes(value[24..], bigEndian: true, out _);
        BinaryPrimitives.WriteUInt64BigEndian(value[40..], _place);
        _file.Write(value);
    }

    public void Dispose() => _file.Dispose();

    /// <summary>Later writes have higher numbers; null for what is no value of this file.</summary>
    private static long? NumberOf(ReadOnlyMemory<byte> value) =>
        BinaryPrimitives.ReadUInt32BigEndian(value.Span) == Magic
            ? BinaryPrimitives.ReadInt64BigEndian(value.Span[8..])
            : null;

    private static ulong PlaceOf(string path)
    {
        var machine = File.Exists(MachineId) ? File.ReadAllText(MachineId).Trim() : "";
        return XxHash3.HashToUInt64(Encoding.UTF8.GetBytes($"{machine}\n{Environment.MachineName}\n{path}"));
    }
}
