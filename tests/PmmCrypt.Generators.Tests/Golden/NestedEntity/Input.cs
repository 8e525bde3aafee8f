using System.ComponentModel.DataAnnotations;
using System.ComponentModel.DataAnnotations.Schema;
using PmmCrypt;

namespace Shop.@event.Data;

public static partial class Model
{
    public partial interface IPart
    {
        public partial record Inner
        {
            internal readonly partial record struct Deep
            {
                [Table("notes")]
                internal sealed partial record @record
                {
                    [Key]
                    public long Id { get; init; }

                    [Encrypted]
                    public string? Text { get; set; }
                }
            }
        }
    }
}
