using System.Buffers.Binary;
using System.IO.Hashing;
using LiveChat.Core.Log;
using Xunit;

namespace LiveChat.EndToEnd.Brokers;

/// <summary>Records that no server of this version writes.</summary>
internal static class ForeignRecords
{
    /// <summary>An envelope that is whole, of a kind that no version has.</summary>
    public static byte[] OfUnknownKind()
    {
        var bytes = new byte[RecordEnvelope.OverheadBytes];
        (bytes[0], bytes[1]) = (RecordEnvelope.Format, byte.MaxValue);
        BinaryPrimitives.WriteUInt64LittleEndian(bytes.AsSpan(^8..), XxHash3.HashToUInt64(bytes.AsSpan(..^8)));
        Assert.Equal(EnvelopeStatus.Unknown, RecordEnvelope.Decode(bytes).Status);
        return bytes;
    }
}
