"""The native syntax of Terraform (HCL 2) as a tree with places. Pure: a text comes in, and what it says comes out, or a refusal."""
