using System.Collections;
using System.Text;
using Google.Protobuf;
using Google.Protobuf.Reflection;

namespace OtelOrleans.Tests.Json;

/// <summary>Fills messages of the schema at random: every field may be set and may be absent.</summary>
internal static class RandomMessages
{
    // Values nest within values; each level leaves less room for more.
    private const int MaxDepth = 14;

    public static T Create<T>(Random random)
        where T : IMessage, new()
    {
        var message = new T();
        Fill(message, random, 0);
        return message;
    }

    private static void Fill(IMessage message, Random random, int depth)
    {
        foreach (var oneof in message.Descriptor.Oneofs.Where(o => !o.IsSynthetic))
        {
            var choice = random.Next(oneof.Fields.Count + 1);
            if (choice < oneof.Fields.Count)
            {
                Set(message, oneof.Fields[choice], random, depth);
            }
        }

        foreach (var field in message.Descriptor.Fields.InDeclarationOrder().Where(f => f.RealContainingOneof is null))
        {
            if (random.Next(10) < (depth < 4 ? 8 : 5))
            {
                Set(message, field, random, depth);
            }
        }
    }

    private static void Set(IMessage message, FieldDescriptor field, Random random, int depth)
    {
        if (depth >= MaxDepth && field.FieldType == FieldType.Message)
        {
            return;
        }

        if (!field.IsRepeated)
        {
            field.Accessor.SetValue(message, Value(field, random, depth));
            return;
        }

        var list = (IList)field.Accessor.GetValue(message);
        for (var count = random.Next(depth < 8 ? 4 : 2); count > 0; count--)
        {
            list.Add(Value(field, random, depth));
        }
    }

    private static object Value(FieldDescriptor field, Random random, int depth)
    {
        switch (field.FieldType)
        {
            case FieldType.Message:
                var message = field.MessageType.Parser.ParseFrom(ByteString.Empty);
                Fill(message, random, depth + 1);
                return message;
            case FieldType.String:
                return Text(random);
            case FieldType.Bytes:
                return ByteString.CopyFrom(Bytes(random, field.Name switch { "trace_id" => 16, "span_id" or "parent_span_id" => 8, _ => random.Next(40) }, field.Name));
            case FieldType.Bool:
                return random.Next(2) == 0;
            case FieldType.Double:
                return Real(random);
            case FieldType.Enum:
                return Enum.ToObject(field.EnumType.ClrType, random.Next(8) == 0 ? (int)Number(random) : random.Next(field.EnumType.Values.Count));
            case FieldType.UInt32 or FieldType.Fixed32:
                return (uint)Number(random);
            case FieldType.SInt32:
                return (int)Number(random);
            case FieldType.Int64 or FieldType.SFixed64:
                return (long)Number(random);
            default:
                return Number(random);
        }
    }

    // A width at random first, so that small and large numbers are equally frequent; now and then the edges.
    private static ulong Number(Random random) => random.Next(6) switch
    {
        0 => 0,
        1 => ulong.MaxValue,
        2 => 1UL << 63,
        3 => long.MaxValue,
        _ => (ulong)random.NextInt64() << 1 >> random.Next(64),
    };

    private static double Real(Random random) => random.Next(9) switch
    {
        0 => double.NaN,
        1 => double.PositiveInfinity,
        2 => double.NegativeInfinity,
        3 => -0.0,
        4 => double.Epsilon,
        5 => random.Next(-1000, 1000),
        6 => random.NextDouble(),
        7 => double.MaxValue,
        _ => BitConverter.UInt64BitsToDouble((ulong)random.NextInt64()) is var any && double.IsFinite(any) ? any : 1.5,
    };

    private static byte[] Bytes(Random random, int length, string name)
    {
        // One id in eight has a length that none may have.
        var bytes = new byte[name.EndsWith("_id", StringComparison.Ordinal) && random.Next(8) == 0 ? random.Next(40) : length];
        random.NextBytes(bytes);
        return bytes;
    }

    private static string Text(Random random)
    {
        var text = new StringBuilder();
        for (var count = random.Next(30); count > 0; count--)
        {
            _ = random.Next(8) switch
            {
                0 => text.Append((char)random.Next(0x20)),
                1 => text.Append("\"\\/\u007f"[random.Next(4)]),
                2 => text.Append((char)random.Next(0x80, 0xD800)),
                3 => text.Append(char.ConvertFromUtf32(random.Next(0x10000, 0x110000))),
                _ => text.Append((char)random.Next(0x20, 0x7F)),
            };
        }

        return text.ToString();
    }
}
