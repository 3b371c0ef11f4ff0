using System.Buffers.Binary;

namespace LiveChat.Cql.Values.Codecs;

/// <summary>date (5.5): days, with 1970-01-01 at 2^31.</summary>
internal sealed class DateCodec() : FixedCodec<DateOnly>(4, CqlTypeKind.Date)
{
    private const long Centre = 1L << 31;
    private static readonly int Epoch = new DateOnly(1970, 1, 1).DayNumber;

    protected override void Write(Span<byte> destination, DateOnly value) =>
        BinaryPrimitives.WriteUInt32BigEndian(destination, (uint)(value.DayNumber - Epoch + Centre));

    protected override DateOnly Read(ReadOnlySpan<byte> source, Column column)
    {
        var day = BinaryPrimitives.ReadUInt32BigEndian(source) - Centre + Epoch;
        return day >= DateOnly.MinValue.DayNumber && day <= DateOnly.MaxValue.DayNumber
            ? DateOnly.FromDayNumber((int)day)
            : throw Malformed(column, "the year is outside of 1 to 9999.");
    }
}
