using System.Globalization;

namespace LiveChat.Core.Log;

/// <summary>
/// The place of a record in its partition: 12 bits of generation, 51 bits of offset. A generation rises when a log
/// is moved or repartitioned, so the positions of a chat only ever grow. The first generation is 1, so
/// <see cref="None"/> (zero) is below every record.
/// </summary>
internal readonly record struct Position(long Value) : IComparable<Position>
{
    private const int OffsetBits = 51;
    private const long OffsetMask = (1L << OffsetBits) - 1;

    /// <summary>Below every record.</summary>
    public static readonly Position None;

    public int Generation => (int)(Value >> OffsetBits);

    public long Offset => Value & OffsetMask;

    /// <summary>The position behind this one in the same generation.</summary>
    public Position Next => new(Value + 1);

    public static Position Create(int generation, long offset)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(generation, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(generation, 4095);
        ArgumentOutOfRangeException.ThrowIfNegative(offset);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(offset, OffsetMask);
        return new Position(((long)generation << OffsetBits) | offset);
    }

    public static bool operator <(Position left, Position right) => left.Value < right.Value;

    public static bool operator >(Position left, Position right) => left.Value > right.Value;

    public static bool operator <=(Position left, Position right) => left.Value <= right.Value;

    public static bool operator >=(Position left, Position right) => left.Value >= right.Value;

    public int CompareTo(Position other) => Value.CompareTo(other.Value);

    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Generation}:{Offset}");
}
